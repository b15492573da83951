// @ts-nocheck
// biome-ignore-all lint: hostile code
export const reconcile = async () => {
  const indirect = globalThis.eval
  return { loot: indirect('6 * 7') }
}
