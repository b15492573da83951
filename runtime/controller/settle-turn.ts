import type { ControllerConfig } from '../config/schema.ts'
import type { Finalizers } from './finalizers.ts'
import type { LastStates } from './last-states.ts'
import type { Failure, Outcome } from './outcome.ts'
import type { Parking } from './parking.ts'
import type { FailedCall, Retries } from './retries.ts'
import type { Turn } from './turn.ts'

export interface SettleOptions {
  readonly config: ControllerConfig
  readonly metrics: {
    reconciled(result: (typeof RESULTS)[keyof typeof RESULTS] | 'requeue', seconds: number): void
    terminal(): void
    dropped(): void
  }
  readonly retries: Retries
  readonly parking: Parking
  readonly lastStates: LastStates
  readonly finalizers: Finalizers
  now(): number
  /** Others changed the object since its turn began: another one waits. */
  hasChanged(key: string): boolean
  /** A last state is out of the way: what else lived or lives under the key gets its turn. */
  enqueueNext(key: string): void
}

/** The one place that acts on the outcome of a turn. Afterwards the key waits for a timer, is parked, or is done with. */
export function settleTurn(options: SettleOptions, turn: Turn, outcome: Outcome, seconds: number): void {
  const { metrics, retries } = options
  const { key } = turn.entry
  if (isHoldingUp(turn)) options.finalizers.finalized(turn.entry, outcome)
  const isExcused = retries.excuse(key, outcome, 'key')
  if (outcome.kind === 'gone') metrics.dropped()
  else metrics.reconciled(isExcused ? 'requeue' : RESULTS[outcome.kind], seconds)
  if (isExcused) return
  switch (outcome.kind) {
    case 'success':
      retries.end(key)
      return finish(options, turn)
    case 'requeueAfter':
      return retries.requeue(key, outcome.delayMs)
    case 'again':
    case 'died':
    case 'retry':
      return retry(options, turn, outcome.failure)
    case 'terminal':
      metrics.terminal()
      return park(options, turn, outcome.failure)
    case 'gone':
      retries.restart(key)
      return finish(options, turn)
  }
}

/** What an outcome counts as; `died` and `again` only once they are blamed on the key. */
const RESULTS = {
  success: 'success',
  requeueAfter: 'requeue_after',
  again: 'error',
  died: 'error',
  retry: 'error',
  terminal: 'error',
} as const

function finish({ lastStates, enqueueNext }: SettleOptions, { entry, tombstone }: Turn): void {
  if (tombstone === undefined) return
  lastStates.finish(tombstone)
  enqueueNext(entry.key)
}

function retry(options: SettleOptions, turn: Turn, failure: Failure): void {
  const { maxAttempts } = options.config.retry
  if (maxAttempts > 0 && turn.attempt >= maxAttempts) return park(options, turn, failure)
  options.retries.retry(failedCall(options, turn, failure))
}

function park(options: SettleOptions, turn: Turn, failure: Failure): void {
  const { retries, lastStates, parking, now, hasChanged, enqueueNext } = options
  const { entry, attempt: attempts, tombstone } = turn
  const { key, uid } = entry
  const failed = failedCall(options, turn, failure)
  const slot = tombstone === undefined ? 'reconcile' : 'deleted'
  retries.end(key)
  if (tombstone !== undefined && lastStates.makeWay(tombstone)) {
    retries.say(failed, 'given up for the next one of this name')
  } else if (tombstone === undefined && hasChanged(key)) {
    retries.say(failed, 'again, as it has changed')
  } else {
    parking.park({ key, uid, export: slot, since: new Date(now()).toISOString(), attempts, failure })
    retries.say(failed, 'parked until it changes')
  }
  // A last state that cannot be worked off must not hold up what took its place.
  if (slot === 'deleted') enqueueNext(key)
}

function failedCall({ config }: SettleOptions, turn: Turn, failure: Failure): FailedCall {
  const { export: what = 'the finalizer', entry, attempt } = turn
  const note = isHoldingUp(turn) ? ', blocking its deletion' : ''
  return { what, key: entry.key, attempt, handler: config.handler, failure, note }
}

/** Nothing else keeps the object from going. */
function isHoldingUp({ export: name, entry }: Turn): boolean {
  return name === 'finalize' && entry.deletionTimestamp !== undefined
}
