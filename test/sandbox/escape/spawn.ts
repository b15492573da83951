// @ts-nocheck
// biome-ignore-all lint: hostile code
export const reconcile = async () => ({
  loot: String(require('node:child_process').execFileSync('/bin/echo', ['loot'])),
})
