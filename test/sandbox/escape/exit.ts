// @ts-nocheck
// biome-ignore-all lint: hostile code
export const reconcile = async () => {
  for (const name of ['exit', 'reallyExit', 'abort', 'kill']) {
    try {
      globalThis.process[name](0)
      return { loot: name }
    } catch {}
  }
}
