// @ts-nocheck
// biome-ignore-all lint: hostile code
export const reconcile = async () => {
  setTimeout('globalThis.loot = 1', 1)
  await new Promise((resolve) => setTimeout(resolve, 20))
  return { loot: globalThis.loot }
}
