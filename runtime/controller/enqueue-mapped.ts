import type { HostCall } from '../broker/broker.ts'
import type { CallScope } from '../broker/call-scope.ts'
import type { Entry } from '../informer/entry.ts'
import type { CallRequest, Settled } from '../sandbox/call.ts'
import { isJsonObject } from '../util/json.ts'
import type { Mapping } from './mappings.ts'
import { decideOutcome, type Failed, type Failure } from './outcome.ts'
import type { TurnRequest } from './turn.ts'

export interface EnqueueMappedOptions {
  readonly controller: string
  readonly with: unknown
  readonly timeoutMs: number
  readonly attempt: number
  /** The primaries' kind is namespaced. */
  readonly namespaced: boolean
  call(request: CallRequest): Promise<Settled>
  readonly hostCall: HostCall
  enqueue(key: string): void
}

/** What became of a mapping; `left` is what is still to be mapped. */
export type Mapped =
  | { readonly kind: 'mapped' }
  | { readonly kind: 'failed'; readonly outcome: Failed; readonly left: Mapping }

/** Calls the mapper for each change in turn and enqueues what it answers; the first failure ends that. */
export async function enqueueMapped(options: EnqueueMappedOptions, mapping: Mapping): Promise<Mapped> {
  const { states } = mapping
  for (let index = 1; index < states.length; index++) {
    const keys = await callMapper(options, mapping, index)
    if (!Array.isArray(keys)) {
      return { kind: 'failed', outcome: keys, left: { ...mapping, states: states.slice(index - 1) } }
    }
    for (const key of keys) options.enqueue(key)
  }
  return { kind: 'mapped' }
}

async function callMapper(options: EnqueueMappedOptions, mapping: Mapping, index: number): Promise<string[] | Failed> {
  const entry = mapping.states[index] as Entry
  const sent = new Set<Promise<unknown>>()
  const settled = await options.call(requestOf(options, mapping, index, sent))
  // As with a reconcile: nothing of this call may land on the next one's work.
  await Promise.allSettled(sent)
  if (settled.kind === 'returned') return readKeys(settled.value, entry, options.namespaced)
  return decideOutcome(settled) as Failed
}

function requestOf(
  { controller, timeoutMs, attempt, hostCall, ...options }: EnqueueMappedOptions,
  { key, watch, states, isGone }: Mapping,
  index: number,
  sent: Set<Promise<unknown>>,
): TurnRequest {
  const entry = states[index] as Entry
  const old = states[index - 1]
  const { namespace, name, uid, resourceVersion } = entry
  const primary = { gvk: watch.gvk, namespace, name, uid, resourceVersion }
  const scope: CallScope = { primary, exportName: watch.map, sawConflict: false }
  const change = isGone && index === states.length - 1 ? 'deleted' : old === undefined ? 'created' : 'changed'
  const reason = attempt > 1 ? 'retry' : change
  return {
    key,
    export: watch.map,
    args: [entry.json, old?.json ?? 'null'],
    context: JSON.stringify({ key: { controller, namespace, name, uid }, attempt, reason, with: options.with }),
    timeoutMs,
    onHostCall: (method, args, signal) => {
      const answer = hostCall(scope, method, args, signal).finally(() => sent.delete(answer))
      sent.add(answer)
      return answer
    },
  }
}

/** The keys that a mapper's answer names: a list of `{namespace, name}`, to which an object's metadata fits too. */
function readKeys(value: unknown, source: Entry, namespaced: boolean): string[] | Failed {
  if (!Array.isArray(value)) return invalid(`must be a list of { namespace, name }, not ${show(value)}`)
  if (value.length > MAX_TARGETS) return invalid(`names ${value.length} objects; at most ${MAX_TARGETS} can be run`)
  const keys = new Set<string>()
  for (const item of value) {
    const key = readKey(item, source, namespaced)
    if (typeof key !== 'string') return key
    keys.add(key)
  }
  return [...keys]
}

function readKey(item: unknown, source: Entry, namespaced: boolean): string | Failed {
  if (!isJsonObject(item) || typeof item.name !== 'string' || item.name === '') {
    return invalid(`has ${show(item)}, which is no { namespace, name }`)
  }
  const namespace = item.namespace ?? (namespaced ? source.namespace : undefined)
  if (namespaced && (typeof namespace !== 'string' || namespace === '')) {
    return invalid(`has ${show(item)}, which needs a namespace`)
  }
  if (!namespaced && namespace !== undefined) {
    return invalid(`has ${show(item)}, whose kind is cluster-scoped and has no namespace`)
  }
  return namespaced ? `${namespace}/${item.name}` : item.name
}

function invalid(problem: string): Failed {
  const failure: Failure = { name: 'ResultInvalid', message: `Result of the mapper ${problem}` }
  return { kind: 'retry', failure }
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 100)
}

/** As many as a result of 4 MiB holds with names of a usual length. */
const MAX_TARGETS = 50_000
