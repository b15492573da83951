import type { HostCall } from '../broker/broker.ts'
import type { CallScope } from '../broker/call-scope.ts'
import { objectKey } from '../broker/object-key.ts'
import type { Reason } from '../index.ts'
import { createEntryParser, type Entry, type ParsedObject } from '../informer/entry.ts'
import type { Resource } from '../kube/resource.ts'
import type { CallRequest, Settled } from '../sandbox/call.ts'
import { apiVersionOf } from '../util/gvk.ts'
import type { JsonObject } from '../util/json.ts'
import { type FinalizerWriterOptions, removeFinalizer } from './finalizer-writer.ts'
import { decideHostFailure, decideOutcome, type Outcome } from './outcome.ts'
import { type StatusTarget, type StatusWriterOptions, writeStatus } from './status-writer.ts'

/** One turn of one key: which export runs, on what, and why. */
export interface Turn {
  /** Undefined: nothing is called. */
  readonly export: 'reconcile' | 'finalize' | 'deleted' | undefined
  readonly entry: Entry
  /** The last state that the turn is about, of an object which the cache does not hold any more. */
  readonly tombstone?: Entry
  readonly addsFinalizer?: boolean
  readonly attempt: number
  readonly reason: Reason
}

export interface TurnOptions extends StatusWriterOptions, FinalizerWriterOptions {
  readonly with: unknown
  readonly timeoutMs: number
  call(request: CallRequest): Promise<Settled>
  readonly hostCall: HostCall
  resource(): Promise<Resource | undefined>
  /** The object as the cache has it now. */
  find(key: string): Entry | undefined
  /** The host wrote this version. */
  wrote(entry: Entry): void
}

/** A call with the key it is about, for its log lines. */
export interface TurnRequest extends CallRequest {
  readonly key: string
}

/** Calls the handler, writes the status that it returned, and takes the finalizer off what is finalized. */
export async function runTurn(options: TurnOptions, turn: Turn): Promise<Outcome> {
  const resource = await options.resource()
  if (resource === undefined) return { kind: 'gone' }
  const outcome = turn.export === undefined ? SUCCESS : await call(options, turn, turn.export, resource)
  if (outcome.kind !== 'success') return outcome
  const letsGo = turn.export === 'finalize' || turn.reason === 'unselected'
  return (letsGo ? await letGo(options, turn.entry, resource) : undefined) ?? outcome
}

async function call(
  options: TurnOptions,
  turn: Turn,
  name: NonNullable<Turn['export']>,
  resource: Resource,
): Promise<Outcome> {
  const sent = new Set<Promise<unknown>>()
  const settled = await options.call(requestOf(options, turn, name, resource, sent))
  // Requests under way are awaited before the key may run again: a late one must not land on the next run's work.
  await Promise.allSettled(sent)
  const outcome = decideOutcome(settled)
  if (outcome.kind !== 'success' && outcome.kind !== 'requeueAfter') return outcome
  if (name === 'deleted') return outcome
  if (turn.tombstone === undefined && options.find(turn.entry.key)?.uid !== turn.entry.uid) return { kind: 'gone' }
  if (outcome.status === undefined) return outcome
  return (await writeReturned(options, turn.entry, resource, outcome.status)) ?? outcome
}

function requestOf(
  options: TurnOptions,
  turn: Turn,
  exportName: NonNullable<Turn['export']>,
  resource: Resource,
  sent: Set<Promise<unknown>>,
): TurnRequest {
  const { namespace, name, uid, resourceVersion, json } = turn.entry
  const primary = { gvk: resource, namespace, name, uid, resourceVersion }
  const scope: CallScope = { primary, exportName, sawConflict: false }
  const key = { controller: options.controller, namespace, name, uid }
  return {
    key: turn.entry.key,
    export: exportName,
    args: [json],
    context: JSON.stringify({ key, attempt: turn.attempt, reason: turn.reason, with: options.with }),
    timeoutMs: options.timeoutMs,
    onHostCall: (method, args, signal) => {
      const answer = options.hostCall(scope, method, args, signal).finally(() => sent.delete(answer))
      sent.add(answer)
      return answer
    },
  }
}

/** Undefined when the finalizer is off, or the object gone. */
async function letGo(options: TurnOptions, entry: Entry, resource: Resource): Promise<Outcome | undefined> {
  try {
    const removed = await removeFinalizer(options, resource, entry)
    if (typeof removed === 'object') recordWrite(options, entry, resource, removed.json)
    dropOverlayOfGone(options, entry, resource)
    return undefined
  } catch (error) {
    return decideHostFailure(error, { name: 'FinalizerWriteFailed', action: 'Cannot remove the finalizer' })
  }
}

/** Lays what the API server stored over the cache; answers it as an entry. */
export function recordWrite(
  { overlay, wrote }: Pick<TurnOptions, 'overlay' | 'wrote'>,
  { namespace, name }: Pick<Entry, 'namespace' | 'name'>,
  resource: Resource,
  json: string,
): Entry {
  const parser = createEntryParser({ apiVersion: apiVersionOf(resource), kind: resource.kind })
  const stored = parser.parse(JSON.parse(json) as ParsedObject)
  overlay.record(objectKey(resource, namespace, name), { resourceVersion: stored.resourceVersion, json: stored.json })
  wrote(stored)
  return stored
}

/** The event of the object's end may have come before the answer to the write: then no other one will drop what that laid over the cache. */
function dropOverlayOfGone({ overlay, find }: TurnOptions, entry: Entry, resource: Resource): void {
  if (find(entry.key)?.uid === entry.uid) return
  overlay.observed(objectKey(resource, entry.namespace, entry.name), undefined)
}

/** Undefined when the call's own outcome stands. */
async function writeReturned(
  options: TurnOptions,
  entry: Entry,
  resource: Resource,
  status: JsonObject,
): Promise<Outcome | undefined> {
  try {
    const result = await writeStatus(options, latest(options, entry, resource), status)
    dropOverlayOfGone(options, entry, resource)
    return result === 'gone' ? { kind: 'gone' } : undefined
  } catch (error) {
    return decideHostFailure(error, { name: 'StatusWriteFailed', action: 'Cannot write the status' })
  }
}

/** The version to merge into: own writes that the cache does not show yet count, or they would be written again. */
function latest({ overlay, find }: TurnOptions, entry: Entry, resource: Resource): StatusTarget {
  const cached = find(entry.key) ?? entry
  const written = overlay.lookup(objectKey(resource, entry.namespace, entry.name))
  const target = { ...cached, resource, generation: entry.generation }
  if (written === undefined || written === 'expired' || written.json === undefined) return target
  return { ...target, json: written.json, resourceVersion: written.resourceVersion }
}

const SUCCESS: Outcome = { kind: 'success' }
