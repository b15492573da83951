import { RuntimeError } from '../errors.ts'
import { KubeStatusError } from '../kube/status-error.ts'
import type { Settled } from '../sandbox/call.ts'
import { parseDurationMs } from '../util/duration.ts'
import { isJsonObject, type JsonObject } from '../util/json.ts'
import { messageOf } from '../util/message-of.ts'

/** What a failed call leaves to say: one line, and the handler's stack where there is one. */
export interface Failure {
  readonly name: string
  readonly message: string
  readonly stack?: string
}

/**
 * What becomes of a key after a call.
 * `retry` counts an attempt and backs off; `again` runs the key anew after a while without counting, as what cut the call
 * short is not the handler's fault; `died` means that the guest ended, which any of its calls may have brought about;
 * `terminal` parks the key; `gone` means that the object is no more.
 */
export type Outcome =
  | { readonly kind: 'success'; readonly status?: JsonObject }
  | { readonly kind: 'requeueAfter'; readonly delayMs: number; readonly status?: JsonObject }
  | { readonly kind: 'retry'; readonly failure: Failure }
  | { readonly kind: 'again'; readonly failure: Failure; readonly delayMs: number }
  | { readonly kind: 'died'; readonly failure: Failure }
  | { readonly kind: 'terminal'; readonly failure: Failure }
  | { readonly kind: 'gone' }

/** The outcome of a call that did not go well. */
export type Failed = Extract<Outcome, { failure: Failure }>

/** Decides by the settled call alone; settle-turn.ts acts on it. */
export function decideOutcome(settled: Settled): Outcome {
  switch (settled.kind) {
    case 'returned':
      return readResult(settled.value)
    case 'threw': {
      const { name, message, stack, code } = settled.error
      const failure = stack === undefined ? { name, message } : { name, message, stack }
      // Not of any error with such a code: a handler may have met it elsewhere.
      const isOutOfReach = name === 'KubeStatusError' && OUT_OF_REACH.has(code)
      if (isHostsTrouble(code) || (isOutOfReach && !settled.terminal))
        return { kind: 'again', failure, delayMs: UNREACHABLE_DELAY_MS }
      return { kind: settled.terminal ? 'terminal' : 'retry', failure }
    }
    case 'timedOut':
      return { kind: 'retry', failure: { name: 'Timeout', message: `Handler took longer than ${settled.afterMs} ms` } }
    case 'died':
      // `not running`: it ended before the call began.
      if (settled.reason === 'replaced' || settled.reason === 'not running') {
        return { kind: 'again', failure: diedWith(settled.reason), delayMs: 0 }
      }
      return { kind: 'died', failure: diedWith(settled.reason) }
  }
}

/** Decides about an error of the host itself around a call; `name` and `action` are for people. */
export function decideHostFailure(error: unknown, { name, action }: { name: string; action: string }): Failed {
  const failure: Failure = { name, message: `${action}: ${messageOf(error)}` }
  const isOutOfReach = error instanceof KubeStatusError && OUT_OF_REACH.has(error.code)
  if (isOutOfReach || (error instanceof RuntimeError && isHostsTrouble(error.code))) {
    return { kind: 'again', failure, delayMs: UNREACHABLE_DELAY_MS }
  }
  // The same request would be refused again: 400 and 422 do not fit the schema, 413 is too large.
  const isRefused = error instanceof KubeStatusError && [400, 413, 422].includes(error.code)
  return { kind: isRefused ? 'terminal' : 'retry', failure }
}

/** An API server that restarts is back within seconds; every key that met it comes again, jittered by the controller. */
const UNREACHABLE_DELAY_MS = 2000

/** No handler is to blame; without the lease the host is about to end. */
function isHostsTrouble(code: string | number | undefined): boolean {
  return code === 'API_UNREACHABLE' || code === 'LEASE_LOST'
}

/**
 * What stands in for an API server that nobody gets through to: a refused login (the token has expired and the next one is
 * not there yet), an API server that has no room for as long as the client asked, and a load balancer without a server
 * behind it. 500 is not among them: a webhook that fails for one object says so.
 */
const OUT_OF_REACH: ReadonlySet<unknown> = new Set([401, 429, 502, 503, 504])

function diedWith(reason: string): Failure {
  return { name: 'GuestDied', message: `The guest process of the handler ended: ${reason}` }
}

/** A result is nothing, or an object with `requeueAfter` and `status` and no other key: a typo must not pass unseen. */
function readResult(value: unknown): Outcome {
  if (value === undefined || value === null) return { kind: 'success' }
  if (!isJsonObject(value)) return invalid(`must be an object or nothing, not ${JSON.stringify(value).slice(0, 100)}`)
  const unknownKey = Object.keys(value).find((key) => key !== 'requeueAfter' && key !== 'status')
  if (unknownKey !== undefined) return invalid(`has an unknown key "${unknownKey}"; known are requeueAfter and status`)
  const { requeueAfter, status } = value
  if (status !== undefined && !isJsonObject(status)) return invalid('has a "status" that is not an object')
  const withStatus = status === undefined ? {} : { status }
  if (requeueAfter === undefined) return { kind: 'success', ...withStatus }
  const delayMs = typeof requeueAfter === 'string' ? parseDurationMs(requeueAfter) : undefined
  if (delayMs === undefined) {
    return invalid(`has requeueAfter ${JSON.stringify(requeueAfter)}; it is a duration such as "30s" or "1m30s"`)
  }
  return { kind: 'requeueAfter', delayMs, ...withStatus }
}

function invalid(problem: string): Outcome {
  return { kind: 'retry', failure: { name: 'ResultInvalid', message: `Result of the handler ${problem}` } }
}
