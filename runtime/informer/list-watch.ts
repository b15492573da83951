import { pathOf, type Resource } from '../kube/resource.ts'
import { type KubeStatusError, type StatusDetails, statusErrorOf } from '../kube/status-error.ts'
import { apiVersionOf, formatGvk } from '../util/gvk.ts'
import { createEntryParser, type Entry, type EntryParser, type ParsedObject } from './entry.ts'
import { createLineSplitter } from './line-splitter.ts'
import { createListScanner } from './list-scanner.ts'

/** What the informers need of a client (kube/client.ts). */
export interface StreamClient {
  /** The bytes of an answer as they come in; an answer of 400 and above is thrown as KubeStatusError. */
  stream(request: StreamRequest): Promise<AsyncIterable<Buffer>>
}

export interface StreamRequest {
  readonly method: 'GET'
  readonly path: string
  readonly query: Record<string, string | number | boolean | undefined>
  readonly accept: string
  readonly signal: AbortSignal
}

/**
 * One collection of the API server: a kind in one scope under one pair of selectors. Both come in batches, a batch being
 * what one chunk of bytes completed, the first one empty when the server has answered: each batch is a sign of life.
 * errors:  thrown while iterating: KubeStatusError for refusals and for ERROR events, anything else for a broken transport
 */
export interface ListWatch {
  list(request: ListRequest, signal: AbortSignal): AsyncIterable<ListBatch>
  /** Ends without a word when the server ends it. */
  watch(request: WatchRequest, signal: AbortSignal): AsyncIterable<readonly WatchEvent[]>
}

export interface ListRequest {
  /** Objects a page; without one the whole list is one page. */
  readonly limit?: number
  readonly continueToken?: string
}

export interface ListBatch {
  readonly entries: readonly Entry[]
  /** On the last batch of a page; `continueToken` is undefined on the last page. */
  readonly end?: { readonly resourceVersion: string; readonly continueToken: string | undefined }
}

export interface WatchRequest {
  /** From where to go on; undefined with `sendInitialEvents`. */
  readonly resourceVersion?: string
  /** WatchList: begin with all objects as they are, then a bookmark that says so. */
  readonly sendInitialEvents?: true
  /** When the server is to end the watch. */
  readonly timeoutSeconds: number
}

export type WatchEvent =
  | { readonly kind: 'apply'; readonly entry: Entry }
  | { readonly kind: 'delete'; readonly entry: Entry }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string; readonly initialEventsEnd: boolean }
  | { readonly kind: 'unknown'; readonly type: string }

export interface ListWatchOptions {
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
  /** Objects come as PartialObjectMetadata: no spec, no status. */
  readonly metadataOnly?: boolean
}

/** source: Kubernetes API concepts, "Streaming lists" */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end'
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'
const METADATA_ONLY_LIST = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'

export function createListWatch(client: StreamClient, resource: Resource, options: ListWatchOptions = {}): ListWatch {
  const { namespace, labelSelector, fieldSelector, metadataOnly = false } = options
  const path = pathOf(resource, { namespace })
  const parser = createEntryParser({ apiVersion: apiVersionOf(resource), kind: resource.kind })
  const selectors = { labelSelector, fieldSelector }

  return {
    async *list({ limit, continueToken }, signal) {
      const query = { ...selectors, limit, continue: continueToken }
      const accept = metadataOnly ? METADATA_ONLY_LIST : 'application/json'
      const chunks = await client.stream({ method: 'GET', path, query, accept, signal })
      yield { entries: [] }
      yield* readList(chunks, parser)
    },
    async *watch({ resourceVersion, sendInitialEvents, timeoutSeconds }, signal) {
      const query = {
        ...selectors,
        watch: 1,
        allowWatchBookmarks: true,
        timeoutSeconds,
        resourceVersion,
        ...(sendInitialEvents && { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }),
      }
      const accept = metadataOnly ? METADATA_ONLY : 'application/json'
      const chunks = await client.stream({ method: 'GET', path, query, accept, signal })
      yield []
      yield* readWatch(chunks, parser, formatGvk(resource))
    },
  }
}

interface ListEnvelope {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
}

async function* readList(chunks: AsyncIterable<Buffer>, parser: EntryParser): AsyncGenerator<ListBatch> {
  const scanner = createListScanner()
  for await (const chunk of chunks) {
    const entries: Entry[] = []
    for (const text of scanner.push(chunk)) entries.push(parser.parse(JSON.parse(text) as ParsedObject))
    yield { entries }
  }
  const { metadata } = JSON.parse(scanner.end()) as ListEnvelope
  const continueToken = metadata?.continue || undefined
  yield { entries: [], end: { resourceVersion: metadata?.resourceVersion ?? '', continueToken } }
}

/** A line that cannot be read ends the watch by an error; what stood before it in the same chunk is handed on first. */
async function* readWatch(
  chunks: AsyncIterable<Buffer>,
  parser: EntryParser,
  what: string,
): AsyncGenerator<WatchEvent[]> {
  const splitter = createLineSplitter()
  for await (const chunk of chunks) {
    const events: WatchEvent[] = []
    try {
      for (const line of splitter.push(chunk)) events.push(readEvent(line, parser, what))
    } catch (error) {
      if (events.length > 0) yield events
      throw error
    }
    yield events
  }
  if (splitter.pendingBytes > 0) throw new SyntaxError(`The watch of ${what} broke off in the middle of a line`)
}

function readEvent(line: string, parser: EntryParser, what: string): WatchEvent {
  const { type, object } = JSON.parse(line) as { type?: string; object?: ParsedObject }
  if (object === undefined) throw new SyntaxError(`The watch of ${what} sent an event without an object`)
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'apply', entry: parser.parse(object) }
    case 'DELETED':
      return { kind: 'delete', entry: parser.parse(object) }
    case 'BOOKMARK':
      return readBookmark(object)
    case 'ERROR':
      throw watchErrorOf(object, what)
    default:
      return { kind: 'unknown', type: String(type) }
  }
}

function readBookmark({ metadata }: ParsedObject): WatchEvent {
  if (metadata?.resourceVersion === undefined) throw new SyntaxError('A bookmark has no resourceVersion')
  const initialEventsEnd = metadata.annotations?.[INITIAL_EVENTS_END] === 'true'
  return { kind: 'bookmark', resourceVersion: metadata.resourceVersion, initialEventsEnd }
}

/** A failure after the answer began comes as an event with a Status in it. */
function watchErrorOf(status: ParsedObject, what: string): KubeStatusError {
  const code = typeof status.code === 'number' ? status.code : 500
  const seconds = (status.details as StatusDetails | undefined)?.retryAfterSeconds
  const retryAfterMs = seconds === undefined ? undefined : seconds * 1000
  return statusErrorOf({ action: `The watch of ${what}`, code, text: JSON.stringify(status), retryAfterMs })
}
