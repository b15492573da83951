import { randomInt } from 'node:crypto'
import { apiVersionOf } from '../../util/gvk.ts'
import { zeroObject } from '../apply/zero-object.ts'
import { NO_CACHE, type StreamAnswer, type StreamSink } from '../http/answer.ts'
import { ApiError, type Status } from '../status.ts'
import type { StoredObject, StoreEvent } from '../storage/store.ts'
import { awaitRevision } from './await-revision.ts'
import { fieldSelectorOf, type ListOptions, readListOptions, readRevision } from './list-options.ts'
import { createObjectFilter, type ObjectFilter, StoredView } from './object-filter.ts'
import { watchedText } from './represent.ts'
import type { RestContext, RestRequest } from './rest-request.ts'
import { readText } from './versions.ts'
import { type EventTexts, textsOf, watchLine, withRevision } from './watch-event-texts.ts'
import { type PendingLine, WatchStream } from './watch-stream.ts'

/** kube-apiserver's --min-request-timeout: a watch lasts that long, and up to twice as long. */
const MIN_TIMEOUT_SECONDS = 1800
/** kube-apiserver sends them about once a minute. */
const BOOKMARK_INTERVAL_MS = 60_000

/** errors: ApiError for options and selectors; what comes later comes as an ERROR event */
export function watchObjects(context: RestContext, request: RestRequest): StreamAnswer {
  const { resource, info, query } = request
  const options = readListOptions(query, true)
  const labels = query.get('labelSelector') ?? ''
  const filter = createObjectFilter(resource, labels, fieldSelectorOf(info, query), info.namespace)
  const from = readRevision(options.resourceVersion, true)
  return {
    code: 200,
    headers: { ...NO_CACHE, 'content-type': 'application/json' },
    open: (sink) => new Watch(context, request, options, filter, from, sink).start(),
  }
}

/** One running watch. */
class Watch {
  readonly #context: RestContext
  readonly #request: RestRequest
  readonly #options: ListOptions
  readonly #filter: ObjectFilter
  readonly #from: number
  readonly #stream: WatchStream
  readonly #sink: StreamSink
  /** No event has been written yet. */
  #isFirst = true
  /** The revision of the last bookmark. */
  #bookmarked = 0
  #cancelBookmark: () => void = () => {}
  #stop: () => void = () => {}

  constructor(
    context: RestContext,
    request: RestRequest,
    options: ListOptions,
    filter: ObjectFilter,
    from: number,
    sink: StreamSink,
  ) {
    this.#context = context
    this.#request = request
    this.#options = options
    this.#filter = filter
    this.#from = from
    this.#sink = sink
    this.#stream = new WatchStream(sink, (error) => this.#fail(error))
  }

  start(): void {
    this.#sink.onClose(() => this.#stop())
    if (this.#options.sendsInitialEvents !== true || this.#from <= this.#context.store.revision) return this.#begin()
    let isClosed = false
    this.#stop = () => {
      isClosed = true
    }
    awaitRevision(this.#context, this.#request.resource.storage, this.#from).then(
      () => !isClosed && this.#begin(),
      (error: unknown) => !isClosed && this.#fail(error),
    )
  }

  #begin(): void {
    const { store, registry } = this.#context
    const { sendsInitialEvents, allowsBookmarks } = this.#options
    const startsWithAll = sendsInitialEvents ?? this.#from === 0
    if (startsWithAll) this.#sendAll()
    else if (this.#from !== 0 && !this.#catchUp()) return
    // The listener is added in the same turn: nothing can come between.
    if (startsWithAll && allowsBookmarks) this.#bookmark({ 'k8s.io/initial-events-end': 'true' })
    const cancel = store.watch(this.#request.resource.storage, (event) => this.#tell(event))
    if (allowsBookmarks) this.#bookmarkLater()
    const cancelEnd = this.#context.after(this.#lifetimeMs(), () => this.#end())
    const { group, version, plural, definition } = this.#request.resource
    // With its definition, and also when that is changed: who watches is to ask what there is now.
    const forget = registry.onChange(() => {
      if (registry.find(group, version, plural)?.definition !== definition) this.#end()
    })
    this.#stop = () => {
      cancel()
      forget()
      this.#cancelBookmark()
      cancelEnd()
    }
  }

  #lifetimeMs(): number {
    const asked = this.#options.timeoutSeconds ?? 0
    const seconds = asked > 0 ? asked : MIN_TIMEOUT_SECONDS + randomInt(MIN_TIMEOUT_SECONDS)
    return seconds * 1000
  }

  #sendAll(): void {
    const { resource, info } = this.#request
    const views = this.#context.store.list(resource.storage, info.namespace).map((stored) => new StoredView(stored))
    this.#stream.pushInitial(
      views.filter((view) => this.#filter.matches(view)).map(({ stored }) => this.#line('ADDED', stored)),
    )
  }

  /** Tells what has happened since; false when that is no longer known. */
  #catchUp(): boolean {
    const { store } = this.#context
    const missed = this.#from > store.revision ? [] : store.since(this.#from, this.#request.resource.storage)
    if (missed === undefined) {
      const message = `too old resource version: ${this.#from} (${store.oldestRevision})`
      this.#fail(new ApiError(410, 'Expired', message))
      return false
    }
    this.#stream.pushInitial(missed.map((event) => this.#lineOf(event)).filter((line) => line !== undefined))
    return true
  }

  #tell(event: StoreEvent): void {
    if (event.revision <= this.#from) return
    const line = this.#lineOf(event, textsOf(event))
    if (line !== undefined) this.#stream.push(line)
  }

  /** What the change is to one who sees only what the filter lets through. */
  #lineOf(event: StoreEvent, texts: EventTexts | undefined = undefined): PendingLine | undefined {
    const { namespace } = this.#request.info
    if (namespace !== undefined && event.stored.namespace !== namespace) return undefined
    const isDeleted = event.type === 'DELETED'
    if (this.#filter.matchesAll) return this.#line(event.type, event.stored, texts)
    const isIn = !isDeleted && this.#filter.matches(texts?.view ?? new StoredView(event.stored))
    const old = event.old
    const wasIn = old !== undefined && this.#filter.matches(texts?.old ?? new StoredView(old))
    if (isIn) return this.#line(wasIn ? 'MODIFIED' : 'ADDED', event.stored, texts)
    if (!wasIn) return undefined
    return this.#line(
      'DELETED',
      isDeleted ? event.stored : withRevision(old, event.revision),
      isDeleted ? texts : undefined,
    )
  }

  #line(type: string, stored: StoredObject, texts?: EventTexts): PendingLine {
    return { length: stored.text.length, make: () => this.#make(type, stored, texts) }
  }

  #make(type: string, stored: StoredObject, texts: EventTexts | undefined): string | Promise<string> {
    const text = readText(this.#request.resource, stored)
    if (text === stored.text && texts !== undefined && this.#request.representation.as === undefined)
      return texts.line(type, text)
    return typeof text === 'string' ? this.#shown(type, text) : text.then((converted) => this.#shown(type, converted))
  }

  #shown(type: string, text: string): string {
    const shown = watchedText(this.#request, text, this.#isFirst, this.#context.now())
    this.#isFirst = false
    return watchLine(type, shown)
  }

  /** How far the watch has come: what has been told before is all there was. */
  #bookmark(annotations?: Readonly<Record<string, string>>): void {
    const { resource } = this.#request
    this.#bookmarked = this.#context.store.revision
    const resourceVersion = String(this.#bookmarked)
    const metadata = { resourceVersion, ...(annotations !== undefined && { annotations }) }
    const text = JSON.stringify({
      kind: resource.kind,
      apiVersion: apiVersionOf(resource),
      ...zeroObject(resource),
      metadata,
    })
    this.#stream.push({ length: text.length, make: () => this.#shown('BOOKMARK', text) })
  }

  #bookmarkLater(): void {
    this.#cancelBookmark = this.#context.after(BOOKMARK_INTERVAL_MS, () => {
      this.#bookmark()
      this.#bookmarkLater()
    })
  }

  #end(): void {
    const isNew = this.#bookmarked !== this.#context.store.revision
    if (this.#options.allowsBookmarks && isNew) this.#bookmark()
    this.#stop()
    this.#stream.end()
  }

  #fail(error: unknown): void {
    const status: Status = error instanceof ApiError ? error.status : failure(error)
    this.#stop()
    this.#sink.write(watchLine('ERROR', JSON.stringify(status)))
    this.#sink.end()
  }
}

function failure(error: unknown): Status {
  const message = error instanceof Error ? error.message : String(error)
  return new ApiError(500, 'InternalError', `Internal error occurred: ${message}`).status
}
