import type { AuditEvent } from './audit-log.ts'

export interface ReactionOptions {
  /** Plural. */
  readonly resource: string
  /** The user whose status writes are the reactions; everyone else's writes are the changes. */
  readonly host: string
  /** Milliseconds since the epoch; changes received at or after. */
  readonly from?: number
  /** Changes received before. */
  readonly to?: number
}

/**
 * Milliseconds from each answered change of an object to the first status write of the host behind it, as the API server saw both.
 * A change without a reaction has `undefined`; one that came before the reaction to an earlier one shares that reaction.
 */
export function reactionTimes(events: readonly AuditEvent[], options: ReactionOptions): (number | undefined)[] {
  const { resource, host, from = 0, to = Number.POSITIVE_INFINITY } = options
  const writes = events.filter(({ stage, verb, objectRef, responseStatus }) => {
    const isWrite = verb === 'create' || verb === 'update' || verb === 'patch'
    return (
      stage === 'ResponseComplete' && isWrite && objectRef?.resource === resource && (responseStatus?.code ?? 500) < 300
    )
  })
  const reactions = Map.groupBy(writes.filter(({ user }) => user.username === host).filter(isStatusWrite), keyOf)
  return writes
    .filter(({ user }) => user.username !== host)
    .map((change) => ({ change, at: microseconds(change.stageTimestamp) }))
    .filter(({ at }) => at >= from * 1000 && at < to * 1000)
    .map(({ change, at }) => {
      const times = (reactions.get(keyOf(change)) ?? []).map((event) => microseconds(event.requestReceivedTimestamp))
      const first = Math.min(...times.filter((time) => time >= microseconds(change.requestReceivedTimestamp)))
      // The watch may tell the host before the writer has its answer: that is no time at all.
      return first === Number.POSITIVE_INFINITY ? undefined : Math.max(0, first - at) / 1000
    })
}

/** The smallest value that at least this share of all values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  if (value === undefined) throw new Error('No quantile of no values')
  return value
}

function isStatusWrite({ objectRef }: AuditEvent): boolean {
  return objectRef?.subresource === 'status'
}

function keyOf({ objectRef }: AuditEvent): string {
  return `${objectRef?.namespace ?? ''}/${objectRef?.name ?? ''}`
}

/** Date.parse() knows milliseconds only. */
function microseconds(timestamp: string): number {
  const fraction = /\.(\d+)Z$/.exec(timestamp)?.[1] ?? ''
  const seconds = Date.parse(timestamp.replace(/\.\d+Z$/, 'Z')) / 1000
  return seconds * 1_000_000 + Number(fraction.padEnd(6, '0').slice(0, 6))
}
