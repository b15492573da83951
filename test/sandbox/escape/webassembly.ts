// @ts-nocheck
// biome-ignore-all lint: hostile code
export const reconcile = async () => {
  const empty = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])
  return { loot: String(new WebAssembly.Module(empty)) }
}
