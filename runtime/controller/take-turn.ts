import type { Reason } from '../index.ts'
import type { Entry } from '../informer/entry.ts'
import { decideStep } from './finalizer.ts'
import type { Finalizers } from './finalizers.ts'
import type { LastStates } from './last-states.ts'
import { decideHostFailure, type Outcome } from './outcome.ts'
import type { Parking } from './parking.ts'
import { type PrepareOptions, prepareTurn } from './prepare-turn.ts'
import { runTurn, type Turn } from './turn.ts'

/** What decides about a key's turn, at the moment when a worker takes it. */
export interface TurnState {
  readonly exports: ReadonlySet<string>
  readonly finalizers: Finalizers
  readonly lastStates: LastStates
  readonly parking: Parking
  find(key: string): Entry | undefined
}

/** The turn that the key has now; undefined when there is nothing to do for it. */
export function decideTurn(
  { exports, finalizers, lastStates, parking, find }: TurnState,
  { key, attempt, reason }: { key: string; attempt: number; reason: Reason | undefined },
): Turn | undefined {
  const gone = lastStates.due(key)
  if (gone !== undefined) {
    return { export: 'deleted', entry: gone, tombstone: gone, attempt, reason: reasonOfDeleted(reason, attempt) }
  }
  const cached = find(key)
  if (cached === undefined || parking.has(key, 'reconcile')) return undefined
  const entry = finalizers.newest(cached)
  const isDeleting = entry.deletionTimestamp !== undefined
  const step = decideStep(exports, { isDeleting, bears: finalizers.bears(entry) })
  return step && { ...step, entry, attempt, reason: reason ?? (attempt > 1 ? 'retry' : 'requeue') }
}

/** The key may wait for a later object of the same name too, whose reason is not this one's. */
function reasonOfDeleted(reason: Reason | undefined, attempt: number): Reason {
  if (reason === 'reload' || reason === 'replay') return reason
  return attempt > 1 ? 'retry' : 'deleted'
}

export interface TakeOptions extends PrepareOptions {
  readonly lastStates: LastStates
}

/**
 * Runs a turn to its outcome, host's failures included.
 * out:     the turn as it ran: for an object out of sight, a look decides what is called
 */
export async function takeTurn(options: TakeOptions, turn: Turn): Promise<{ ran: Turn; outcome: Outcome }> {
  let ran = turn
  try {
    const prepared = await prepareTurn(options, turn)
    if ('kind' in prepared) return settled(options, ran, prepared)
    ran = prepared
    return settled(options, ran, await runTurn(options, ran))
  } catch (error) {
    const failure = { name: 'HostError', action: 'Cannot run the handler' }
    return settled(options, ran, decideHostFailure(error, failure))
  }
}

function settled(options: TakeOptions, ran: Turn, outcome: Outcome): { ran: Turn; outcome: Outcome } {
  return { ran, outcome: isOvertaken(options, ran, outcome) ? { kind: 'gone' } : outcome }
}

/** The object that the turn was about is no more, and not by the turn's own doing; another may live under its key. */
function isOvertaken({ lastStates, find }: TakeOptions, turn: Turn, { kind }: Outcome): boolean {
  if (turn.tombstone !== undefined) return !lastStates.isFirst(turn.tombstone)
  if (turn.export === 'finalize' && kind === 'success') return false
  return find(turn.entry.key)?.uid !== turn.entry.uid
}
