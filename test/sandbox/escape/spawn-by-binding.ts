// @ts-nocheck
// biome-ignore-all lint: hostile code
export const reconcile = async () => {
  const { Process } = process.binding('process_wrap')
  return { loot: typeof Process }
}
