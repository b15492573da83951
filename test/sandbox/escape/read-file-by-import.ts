// @ts-nocheck
// biome-ignore-all lint: hostile code
export const reconcile = async () => {
  const fs = await import('node:fs')
  return { loot: fs.readFileSync('/etc/hostname', 'utf8') }
}
