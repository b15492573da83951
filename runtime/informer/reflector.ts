import { isOlder } from '../kube/resource-version.ts'
import { isGone, KubeStatusError } from '../kube/status-error.ts'
import type { Clock } from '../util/clock.ts'
import type { Entry } from './entry.ts'
import type { ListBatch, ListWatch, WatchEvent } from './list-watch.ts'
import { SilenceError, Stream } from './stream.ts'

/**
 * Longest silence of an open request, which bounds how long a connection that died without a word goes unnoticed. API
 * servers send a bookmark about each minute, so this is two missed ones and slack. They need not send any: for a kind in
 * which nothing ever happened, kube-apiserver waits for etcd's progress notices, each ten minutes by default. So silence
 * is no failure of the watch; it is opened anew, which costs one request.
 */
export const IDLE_LIMIT_MS = 150_000

/**
 * Longest silence between the answer to a WatchList and its closing bookmark. A server that knows WatchList has all objects
 * at hand by then; one that ignores the parameter has sent what it has and waits for changes.
 */
export const INITIAL_SILENCE_MS = 10_000

/** A watch that ends sooner counts as failed, so that a server that ends each at once is not asked in a tight loop. */
export const SHORT_WATCH_MS = 5_000

/** As client-go and kubectl ask for. */
export const PAGE_LIMIT = 500

/** Watches end by themselves after 290 s (kube-rs; below the usual 300 s of proxies) and up to half as much again, so that they do not all end together. */
const WATCH_TIMEOUT_SECONDS = 290

export type ReflectorEvent =
  /** A list begins; what was known stays until initDone. A second init means "start over". */
  | { readonly kind: 'init' }
  | { readonly kind: 'initApply'; readonly entry: Entry }
  /** What was known and did not come since init is gone. */
  | { readonly kind: 'initDone'; readonly resourceVersion: string }
  | { readonly kind: 'apply'; readonly entry: Entry }
  /** With the last state. May come between init and initDone too. */
  | { readonly kind: 'delete'; readonly entry: Entry }
  /** The server gave a sign of life: it answered, or sent bytes of whatever kind. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'bookmark' }
  /** An event of a type that does not exist yet, passed over. */
  | { readonly kind: 'unknown'; readonly type: string }
  /** The server cannot stream lists, pages follow. */
  | { readonly kind: 'fallback'; readonly reason: string }
  /** A watch ended at its time, or was given up for its silence; the next one goes on from where it was. */
  | { readonly kind: 'ended'; readonly isSilent: boolean }
  | { readonly kind: 'error'; readonly error: unknown; readonly relist: boolean }

/** How a list is taken: by WatchList, in pages, or in one page where pages expired before the last one came. */
type Via = 'stream' | 'pages' | 'whole'

/** `relist` is how the next list begins: a server that ignored WatchList in silence, which takes long to find out, is not asked again. */
export type ReflectorState =
  /** The next step begins a list. */
  | { readonly kind: 'empty'; readonly via: Via; readonly relist: Via }
  /** Amid the initial events of a WatchList. */
  | { readonly kind: 'streaming'; readonly stream: Stream<readonly WatchEvent[]>; readonly hasAnswered: boolean }
  /** Amid a page. */
  | { readonly kind: 'listing'; readonly stream: Stream<ListBatch>; readonly via: Via; readonly relist: Via }
  /** The next step opens a watch. */
  | { readonly kind: 'listed'; readonly resourceVersion: string; readonly relist: Via }
  | {
      readonly kind: 'watching'
      readonly stream: Stream<readonly WatchEvent[]>
      readonly resourceVersion: string
      readonly relist: Via
    }

type StateOf<K extends ReflectorState['kind']> = Extract<ReflectorState, { kind: K }>

export interface ReflectorContext {
  readonly source: ListWatch
  readonly signal: AbortSignal
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
}

export interface Step {
  readonly events: readonly ReflectorEvent[]
  readonly next: ReflectorState
}

/**
 * Lists, then watches one collection, for as long as `signal` allows.
 * yields:  init · initApply* · initDone, then apply | delete; a later init means "start over"
 * errors:  yielded, never thrown; 410, and events out of order → list again, others → watch again from the last version.
 *          Wrap in withBackoff()
 * source:  kube-rs watcher.rs step_trampolined; Kubernetes API concepts, "Efficient detection of changes"
 */
export async function* reflect(context: ReflectorContext): AsyncGenerator<ReflectorEvent> {
  let state: ReflectorState = EMPTY
  try {
    while (!context.signal.aborted) {
      const { events, next } = await step(state, context)
      state = next
      if (context.signal.aborted) return
      yield* events
    }
  } finally {
    if ('stream' in state) state.stream.close()
  }
}

const EMPTY: ReflectorState = { kind: 'empty', via: 'stream', relist: 'stream' }

/** One step: what happened, and where that leads. Never throws; a stream that the next state does not go on with is closed. */
export async function step(state: ReflectorState, context: ReflectorContext): Promise<Step> {
  const result = await take(state, context).catch((error: unknown) => fail(state, error))
  const goesOn = 'stream' in state && 'stream' in result.next && result.next.stream === state.stream
  if ('stream' in state && !goesOn) state.stream.close()
  return result
}

async function take(state: ReflectorState, context: ReflectorContext): Promise<Step> {
  switch (state.kind) {
    case 'empty':
      return { events: [{ kind: 'init' }], next: beginList(state, context) }
    case 'streaming':
      return readInitial(state, await state.stream.next(state.hasAnswered ? INITIAL_SILENCE_MS : IDLE_LIMIT_MS))
    case 'listing':
      return readPage(state, await state.stream.next(IDLE_LIMIT_MS), context)
    case 'listed':
      return { events: [], next: openWatch(state, context) }
    case 'watching':
      return readWatch(state, await state.stream.next(IDLE_LIMIT_MS), context)
    default:
      return state satisfies never
  }
}

function beginList({ via, relist }: StateOf<'empty'>, context: ReflectorContext): ReflectorState {
  if (via !== 'stream') return openPage(via, relist, undefined, context)
  const request = { sendInitialEvents: true, timeoutSeconds: timeoutSeconds(context) } as const
  const { source, signal, clock } = context
  const stream = new Stream((own) => source.watch(request, own), signal, clock)
  return { kind: 'streaming', stream, hasAnswered: false }
}

function openPage(via: Via, relist: Via, continueToken: string | undefined, context: ReflectorContext): ReflectorState {
  const { source, signal, clock } = context
  const request = {
    ...(via === 'pages' && { limit: PAGE_LIMIT }),
    ...(continueToken !== undefined && { continueToken }),
  }
  return { kind: 'listing', stream: new Stream((own) => source.list(request, own), signal, clock), via, relist }
}

function openWatch({ resourceVersion, relist }: StateOf<'listed'>, context: ReflectorContext): ReflectorState {
  const { source, signal, clock } = context
  const request = { resourceVersion, timeoutSeconds: timeoutSeconds(context) }
  const stream = new Stream((own) => source.watch(request, own), signal, clock)
  return { kind: 'watching', stream, resourceVersion, relist }
}

function timeoutSeconds({ random }: ReflectorContext): number {
  return Math.floor(WATCH_TIMEOUT_SECONDS * (1 + random() / 2))
}

function readInitial(state: StateOf<'streaming'>, read: IteratorResult<readonly WatchEvent[]>): Step {
  if (read.done) return fallBack('the watch ended before the list was complete', 'pages')
  const batch = read.value
  const at = batch.findIndex((event) => event.kind === 'bookmark')
  const initial = batch.slice(0, at === -1 ? batch.length : at).map(toInitial)
  const bookmark = batch[at]
  if (bookmark?.kind !== 'bookmark') return { events: [ALIVE, ...initial], next: { ...state, hasAnswered: true } }
  // The closing bookmark is the first one that a server with WatchList sends.
  if (!bookmark.initialEventsEnd) return fallBack('the server takes no notice of sendInitialEvents', 'pages')
  const { resourceVersion } = bookmark
  const done: ReflectorEvent = { kind: 'initDone', resourceVersion }
  const live = readLive(
    { kind: 'watching', stream: state.stream, resourceVersion, relist: 'stream' },
    batch.slice(at + 1),
  )
  return { events: [ALIVE, ...initial, done, ...live.events], next: live.next }
}

function toInitial(event: WatchEvent): ReflectorEvent {
  return event.kind === 'apply' ? { kind: 'initApply', entry: event.entry } : toLive(event)
}

function toLive(event: WatchEvent): ReflectorEvent {
  return event.kind === 'bookmark' ? { kind: 'bookmark' } : event
}

function readPage(state: StateOf<'listing'>, read: IteratorResult<ListBatch>, context: ReflectorContext): Step {
  if (read.done) throw new SyntaxError('A page ended before its end')
  const { entries, end } = read.value
  const events: ReflectorEvent[] = [ALIVE, ...entries.map((entry) => ({ kind: 'initApply', entry }) as const)]
  if (end === undefined) return { events, next: state }
  const { via, relist } = state
  if (end.continueToken !== undefined) return { events, next: openPage(via, relist, end.continueToken, context) }
  const { resourceVersion } = end
  return {
    events: [...events, { kind: 'initDone', resourceVersion }],
    next: { kind: 'listed', resourceVersion, relist },
  }
}

function readWatch(
  state: StateOf<'watching'>,
  read: IteratorResult<readonly WatchEvent[]>,
  { clock }: ReflectorContext,
): Step {
  if (!read.done) {
    const { events, next } = readLive(state, read.value)
    return { events: [ALIVE, ...events], next }
  }
  const { resourceVersion, relist } = state
  const livedMs = clock.now() - state.stream.openedAtMs
  const error = new Error(`The watch ended after only ${livedMs} ms`)
  const event: ReflectorEvent =
    livedMs < SHORT_WATCH_MS ? { kind: 'error', error, relist: false } : { kind: 'ended', isSilent: false }
  return { events: [event], next: { kind: 'listed', resourceVersion, relist } }
}

/**
 * Each event moves the version from which a later watch goes on. A collection's events come in the order of their versions;
 * one that is older than what came before it was replayed, or overtaken by the others, on its way. It must not be taken for
 * news, and what else went missing cannot be known, so a list follows.
 */
function readLive(state: StateOf<'watching'>, batch: readonly WatchEvent[]): Step {
  let { resourceVersion } = state
  const events: ReflectorEvent[] = []
  for (const event of batch) {
    const version = versionOf(event) ?? resourceVersion
    const isLate = isOlder(version, resourceVersion)
    if (isLate && 'entry' in event) {
      const { relist } = state
      const failed = errorStep(new OrderError(event.entry, resourceVersion), { kind: 'empty', via: relist, relist })
      return { ...failed, events: [...events, ...failed.events] }
    }
    if (!isLate) resourceVersion = version
    events.push(toLive(event))
  }
  return { events, next: { ...state, resourceVersion } }
}

function versionOf(event: WatchEvent): string | undefined {
  if ('entry' in event) return event.entry.resourceVersion
  return event.kind === 'bookmark' ? event.resourceVersion : undefined
}

/** A watch whose events are not in order. */
class OrderError extends Error {
  override readonly name = 'OrderError'
  constructor({ key, resourceVersion }: Entry, seen: string) {
    super(`The watch sent version ${resourceVersion} of "${key}" after version ${seen} of the collection`)
  }
}

const ALIVE: ReflectorEvent = { kind: 'alive' }

function fallBack(reason: string, relist: Via): Step {
  return { events: [{ kind: 'fallback', reason }], next: { kind: 'empty', via: 'pages', relist } }
}

/** Where a failure leads. */
function fail(state: ReflectorState, error: unknown): Step {
  switch (state.kind) {
    case 'empty':
      return errorStep(error, { ...state, via: state.relist })
    case 'streaming':
      // Servers without WatchList refuse its parameters at once, which is cheap enough to try again at the next list.
      if (isRefused(error)) return fallBack(error.message, 'stream')
      if (error instanceof SilenceError && state.hasAnswered) return fallBack('the list was never completed', 'pages')
      return errorStep(error, EMPTY)
    case 'listing': {
      // A continue token for newer pages would mix two states, the changes between them lost: one page then, held by nobody whole.
      const via = isGone(error) ? 'whole' : state.relist
      return errorStep(error, { kind: 'empty', via, relist: state.relist })
    }
    case 'listed':
      return errorStep(error, state)
    case 'watching': {
      const { resourceVersion, relist } = state
      const next = { kind: 'listed', resourceVersion, relist } as const
      if (error instanceof SilenceError) return { events: [{ kind: 'ended', isSilent: true }], next }
      if (isUselessVersion(error)) return errorStep(error, { kind: 'empty', via: relist, relist })
      return errorStep(error, next)
    }
    default:
      return state satisfies never
  }
}

function errorStep(error: unknown, next: ReflectorState): Step {
  return { events: [{ kind: 'error', error, relist: next.kind === 'empty' }], next }
}

/** The server does not take the request as it is: 400 and 422 are what a missing feature looks like. */
function isRefused(error: unknown): error is KubeStatusError {
  return error instanceof KubeStatusError && (error.code === 400 || error.code === 422)
}

/** A watch from this version can never succeed: it is too old, not one of this server's, or (after a restored backup) still to come. */
function isUselessVersion(error: unknown): boolean {
  if (isGone(error) || isRefused(error)) return true
  return error instanceof KubeStatusError && error.code === 504 && /too large resource version/i.test(error.message)
}
