// @ts-nocheck
// biome-ignore-all lint: hostile code
export const reconcile = async () => ({ loot: process.pid })
