// @ts-nocheck
// biome-ignore-all lint: hostile code
// No escape: what a handler may have. It shows that loot is noticed.
export const reconcile = async (object) => ({ loot: object.a })
