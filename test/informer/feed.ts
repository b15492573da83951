import { createEntryParser, type Entry, type ParsedObject } from '../../runtime/informer/entry.ts'
import type { ListBatch, ListRequest, ListWatch, WatchEvent, WatchRequest } from '../../runtime/informer/list-watch.ts'
import { KubeStatusError } from '../../runtime/kube/status-error.ts'

/** One answer of a server, written by the test while it is being read. */
export interface Feed<T> {
  push(...items: T[]): Feed<T>
  end(): Feed<T>
  fail(error: unknown): Feed<T>
  read(signal: AbortSignal): AsyncGenerator<T>
  /** The reader's signal has aborted. */
  readonly isAborted: boolean
}

export function createFeed<T>(): Feed<T> {
  const items: T[] = []
  let last: { error?: unknown } | undefined
  let wake = () => {}
  let signal: AbortSignal | undefined
  const feed: Feed<T> = {
    push(...more) {
      items.push(...more)
      wake()
      return feed
    },
    end() {
      last = {}
      wake()
      return feed
    },
    fail(error) {
      last = { error }
      wake()
      return feed
    },
    get isAborted() {
      return signal?.aborted ?? false
    },
    async *read(own) {
      signal = own
      own.addEventListener('abort', () => wake())
      for (;;) {
        while (items.length > 0 && !own.aborted) yield items.shift() as T
        if (own.aborted) throw own.reason
        if (last !== undefined && 'error' in last) throw last.error
        if (last !== undefined) return
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
  return feed
}

export type WatchFeed = Feed<readonly WatchEvent[]>
export type ListFeed = Feed<ListBatch>

export interface ScriptedListWatch extends ListWatch {
  /** What was asked, in order. */
  readonly requests: (({ verb: 'list' } & ListRequest) | ({ verb: 'watch' } & WatchRequest))[]
  /** The answer to the next request for which there is none yet. */
  nextWatch(): WatchFeed
  nextList(): ListFeed
}

/** A ListWatch whose answers are scripted in the order of the requests; a request without an answer waits for it. */
export function createScriptedListWatch(): ScriptedListWatch {
  const requests: ScriptedListWatch['requests'] = []
  const queues = { watch: createFeedQueue<readonly WatchEvent[]>(), list: createFeedQueue<ListBatch>() }
  return {
    requests,
    nextWatch: () => queues.watch.script(),
    nextList: () => queues.list.script(),
    list(request, signal) {
      requests.push({ verb: 'list', ...request })
      return queues.list.take().read(signal)
    },
    watch(request, signal) {
      requests.push({ verb: 'watch', ...request })
      return queues.watch.take().read(signal)
    },
  }
}

function createFeedQueue<T>() {
  const feeds: Feed<T>[] = []
  let scripted = 0
  let taken = 0
  const at = (index: number) => {
    feeds[index] ??= createFeed<T>()
    return feeds[index]
  }
  return { script: () => at(scripted++), take: () => at(taken++) }
}

const parser = createEntryParser({ apiVersion: 'v1', kind: 'Thing' })

/** An object `default/NAME`; the uid is the name's unless given. */
export function objectOf(name: string, version: number, fields: ParsedObject = {}): ParsedObject {
  const { metadata, ...rest } = fields
  return {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: String(version), ...metadata },
    ...rest,
  }
}

export function entryOf(name: string, version: number, fields: ParsedObject = {}): Entry {
  return parser.parse(objectOf(name, version, fields))
}

export const apply = (name: string, version: number, fields: ParsedObject = {}): WatchEvent => ({
  kind: 'apply',
  entry: entryOf(name, version, fields),
})

export const remove = (name: string, version: number, fields: ParsedObject = {}): WatchEvent => ({
  kind: 'delete',
  entry: entryOf(name, version, fields),
})

export const bookmark = (version: number, initialEventsEnd = false): WatchEvent => ({
  kind: 'bookmark',
  resourceVersion: String(version),
  initialEventsEnd,
})

export function statusError(code: number, message = `answered with ${code}`, retryAfterMs?: number): KubeStatusError {
  return new KubeStatusError(message, { code, reason: '', details: undefined, retryAfterMs })
}
