import type { AuditEvent } from './audit-log.ts'

/**
 * Judges from outside what a host did: by the records that handlers leave at the start and end of each call
 * (test/e2e/fixtures/handlers/recorder.ts) and by the API server's audit log. It asks the host nothing.
 */

/** One call of a handler, as the handler itself recorded it. */
export interface CallRecord {
  /** `namespace/name`. */
  readonly key: string
  readonly call: string
  /** metadata.generation of the object that the call was given. */
  readonly generation: number
  /** Hash of the handler's text. */
  readonly bundle: string
  /** Milliseconds since the epoch. */
  readonly start: number
  /** Undefined for a call that never ended. */
  readonly end: number | undefined
}

/** An object as the API server holds it at the end. */
export interface ExpectedObject {
  readonly key: string
  readonly generation: number
}

export interface Findings {
  /** Objects whose newest generation no call ever completed with. */
  readonly lost: readonly string[]
  /** Objects whose last completed call was another bundle's. */
  readonly endedByOther: readonly { readonly key: string; readonly bundle: string }[]
  /** Pairs of calls that held the same key at the same time. */
  readonly twiceAtOnce: readonly { readonly key: string; readonly first: CallRecord; readonly second: CallRecord }[]
  /** Calls that began and never ended: whether they overlap another one cannot be told. */
  readonly unfinished: readonly CallRecord[]
}

export const NO_FINDINGS: Findings = { lost: [], endedByOther: [], twiceAtOnce: [], unfinished: [] }

/** Compares what was recorded with what must hold: equal to NO_FINDINGS when every object ended well. */
export function judge(records: readonly CallRecord[], objects: readonly ExpectedObject[], bundle: string): Findings {
  const byKey = Map.groupBy(records, ({ key }) => key)
  const callsOf = (key: string) => byKey.get(key) ?? []
  return {
    lost: objects
      .filter((object) => !callsOf(object.key).some((call) => isDoneWith(call, object)))
      .map(({ key }) => key),
    endedByOther: objects.flatMap(({ key }) => {
      const last = lastCompleted(callsOf(key))
      return last === undefined || last.bundle === bundle ? [] : [{ key, bundle: last.bundle }]
    }),
    twiceAtOnce: [...byKey].flatMap(([key, calls]) => overlaps(calls).map((pair) => ({ key, ...pair }))),
    unfinished: records.filter(({ end }) => end === undefined),
  }
}

function isDoneWith({ generation, end }: CallRecord, object: ExpectedObject): boolean {
  return end !== undefined && generation === object.generation
}

function lastCompleted(calls: readonly CallRecord[]): CallRecord | undefined {
  return calls.filter(({ end }) => end !== undefined).sort((a, b) => (b.end as number) - (a.end as number))[0]
}

/** A call that begins in the millisecond in which the one before ended does not overlap it. */
function overlaps(calls: readonly CallRecord[]): { first: CallRecord; second: CallRecord }[] {
  const completed = calls.filter(({ end }) => end !== undefined).sort((a, b) => a.start - b.start)
  const found: { first: CallRecord; second: CallRecord }[] = []
  let latest: CallRecord | undefined
  for (const call of completed) {
    if (latest !== undefined && call.start < (latest.end as number)) found.push({ first: latest, second: call })
    if (latest === undefined || (call.end as number) > (latest.end as number)) latest = call
  }
  return found
}

/** Plain words without quotes or spaces inside, so that they are found in JSON logs and readable ones alike. */
const RECORD = /oracle (start|end) call=(\S+) key=(\S+) generation=(\d+) bundle=([\w-]+) at=(\d+)/g

/** The calls that a host's log tells of. An end without its start is an error: a record went missing, and nothing may be judged. */
export function readCallRecords(log: string): CallRecord[] {
  const calls = new Map<string, CallRecord>()
  for (const match of log.matchAll(RECORD)) {
    const [, mark, call, key, generation, bundle, at] = match as unknown as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ]
    const begun = calls.get(call)
    if (mark === 'end' && begun === undefined)
      throw new Error(`Call ${call} of ${key} ended and never started: the log is not whole`)
    if (mark === 'end') calls.set(call, { ...(begun as CallRecord), end: Number(at) })
    else calls.set(call, { key, call, generation: Number(generation), bundle, start: Number(at), end: undefined })
  }
  return [...calls.values()]
}

/** What the API server holds: the items of a list. */
export function expectedObjects(list: unknown): ExpectedObject[] {
  type Item = { metadata: { namespace?: string; name: string; generation?: number } }
  return (list as { items: Item[] }).items.map(({ metadata: { namespace, name, generation } }) => ({
    key: namespace === undefined ? name : `${namespace}/${name}`,
    generation: generation ?? 0,
  }))
}

/** Keys of the objects of a resource that the audit log saw made and not deleted. */
export function keysAlive(events: readonly AuditEvent[], resource: string): string[] {
  const alive = new Set<string>()
  for (const { stage, verb, objectRef, responseStatus, requestURI } of events) {
    if (stage !== 'ResponseComplete' || objectRef?.resource !== resource || objectRef.subresource !== undefined)
      continue
    if (objectRef.name === undefined || (responseStatus?.code ?? 500) >= 300 || requestURI.includes('dryRun=')) continue
    const key = objectRef.namespace === undefined ? objectRef.name : `${objectRef.namespace}/${objectRef.name}`
    if (verb === 'delete') alive.delete(key)
    if (verb === 'create') alive.add(key)
  }
  return [...alive]
}

/** Which requests to count. */
export interface RequestWindow {
  /** Plural. */
  readonly resource: string
  readonly user?: string
  /** Milliseconds since the epoch; requests received at or after. */
  readonly from?: number
  /** Requests received before. */
  readonly to?: number
}

/** Lists (also streamed ones: a watch that begins with all objects) and plain watches, refused ones too. */
export function countReads(events: readonly AuditEvent[], window: RequestWindow): { lists: number; watches: number } {
  const requests = new Map(events.filter((event) => isIn(event, window)).map((event) => [event.auditID, event]))
  const counts = { lists: 0, watches: 0 }
  for (const { verb, requestURI } of requests.values()) {
    const isStreamedList = verb === 'watch' && requestURI.includes('sendInitialEvents=true')
    if (verb === 'list' || isStreamedList) counts.lists++
    else if (verb === 'watch') counts.watches++
  }
  return counts
}

function isIn(event: AuditEvent, { resource, user, from = 0, to = Number.POSITIVE_INFINITY }: RequestWindow): boolean {
  const received = Date.parse(event.requestReceivedTimestamp)
  if (event.objectRef?.resource !== resource || (user !== undefined && event.user.username !== user)) return false
  return received >= from && received < to
}
