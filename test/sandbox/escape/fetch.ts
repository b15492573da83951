// @ts-nocheck
// biome-ignore-all lint: hostile code
export const reconcile = async () => ({ loot: (await fetch('data:text/plain,loot')).status })
