// @ts-nocheck
// biome-ignore-all lint: hostile code
export const reconcile = async () => {
  return { loot: globalThis.process.getBuiltinModule('fs').readFileSync('/etc/hostname', 'utf8') }
}
