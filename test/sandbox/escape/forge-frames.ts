// @ts-nocheck
// biome-ignore-all lint: hostile code
// Settling a call by hand, and host calls in another call's name.
export const reconcile = async () => {
  const door = globalThis.__ostler ?? globalThis.__ostlerLoad
  return { loot: door('send', 1, 'settled\n{"ok":"forged"}') }
}
