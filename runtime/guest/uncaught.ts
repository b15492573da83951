import { types } from 'node:util'

const MAX_MESSAGE = 2000

/** Says on stderr, which the host reads, why this process ends. */
export function reportFatal(error: unknown): never {
  process.stderr.write(`ostler-guest: ${describe(error)}\n`)
  process.exit(70)
}

/** A log line for a promise that nobody awaited: the call that made it has gone on without it, and so does the guest. */
export function rejectionLog(reason: unknown): string {
  return JSON.stringify({ level: 'error', message: `Unhandled rejection: ${describe(reason)}` })
}

/**
 * What was thrown may come from inside the VM: it is looked at by descriptors alone, so that no getter, no proxy and no
 * `toString` of a handler runs out here.
 */
function describe(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown.slice(0, MAX_MESSAGE)
  if (typeof thrown !== 'object' || thrown === null) return typeof thrown === 'symbol' ? 'a symbol' : typeof thrown
  if (types.isProxy(thrown)) return 'an object'
  const message = Reflect.getOwnPropertyDescriptor(thrown, 'message')?.value as unknown
  return typeof message === 'string' ? message.slice(0, MAX_MESSAGE) : 'an object'
}
