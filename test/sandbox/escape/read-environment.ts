// @ts-nocheck
// biome-ignore-all lint: hostile code
export const reconcile = async () => ({ loot: Object.keys(globalThis.process.env).length + 1 })
