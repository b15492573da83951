// @ts-nocheck
// biome-ignore-all lint: hostile code
export const reconcile = async () => {
  const names = Object.getOwnPropertyNames(globalThis).filter((name) =>
    /ostler|vm2|host|internal|^process$|^require$|^Buffer$/i.test(name),
  )
  return { loot: names.length > 0 ? names : undefined }
}
