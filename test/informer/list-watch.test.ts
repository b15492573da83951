import { describe, expect, test } from 'vitest'
import type { ParsedObject } from '../../runtime/informer/entry.ts'
import { createListWatch, type StreamClient, type StreamRequest } from '../../runtime/informer/list-watch.ts'
import { KubeStatusError } from '../../runtime/kube/status-error.ts'
import { objectOf } from './feed.ts'

const resource = {
  group: 'example.com',
  version: 'v1',
  kind: 'Thing',
  plural: 'things',
  namespaced: true,
  verbs: ['list', 'watch'],
  subresources: [],
}

/** A client that answers every request with these chunks. */
function clientOf(...chunks: string[]): StreamClient & { requests: StreamRequest[] } {
  const requests: StreamRequest[] = []
  return {
    requests,
    async stream(request) {
      requests.push(request)
      return (async function* () {
        for (const chunk of chunks) yield Buffer.from(chunk)
      })()
    },
  }
}

const line = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`
const signal = new AbortController().signal

/** All batches, and what was thrown after them. */
async function readAll<T>(source: AsyncIterable<T>): Promise<{ batches: T[]; error: unknown }> {
  const batches: T[] = []
  try {
    for await (const batch of source) batches.push(batch)
  } catch (error) {
    return { batches, error }
  }
  return { batches, error: undefined }
}

const watchOf = (client: StreamClient) => createListWatch(client, resource).watch({ timeoutSeconds: 300 }, signal)

describe('ListWatch.watch()', () => {
  test('asks for bookmarks, a timeout, the scope and the selectors', async () => {
    const client = clientOf()
    const source = createListWatch(client, resource, { namespace: 'shop', labelSelector: 'a=b', fieldSelector: 'c=d' })
    await readAll(source.watch({ resourceVersion: '7', timeoutSeconds: 300 }, signal))
    await readAll(source.watch({ sendInitialEvents: true, timeoutSeconds: 300 }, signal))
    const scope = {
      labelSelector: 'a=b',
      fieldSelector: 'c=d',
      watch: 1,
      allowWatchBookmarks: true,
      timeoutSeconds: 300,
    }
    expect(client.requests[0]?.path).toBe('/apis/example.com/v1/namespaces/shop/things')
    expect(client.requests[0]?.query).toEqual({ ...scope, resourceVersion: '7' })
    expect(client.requests[1]?.query).toEqual({
      ...scope,
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
    })
  })

  test('gives one batch when the server has answered and one for each chunk, complete lines or not', async () => {
    const text =
      line('ADDED', objectOf('a', 1)) + line('MODIFIED', objectOf('a', 2)) + line('DELETED', objectOf('a', 3))
    const { batches, error } = await readAll(watchOf(clientOf(text.slice(0, 20), text.slice(20))))
    expect(error).toBeUndefined()
    expect(batches.map((batch) => batch.map(({ kind }) => kind))).toEqual([[], [], ['apply', 'apply', 'delete']])
  })

  test('tells the bookmark that closes the initial events from others, and passes unknown types on', async () => {
    const end = { metadata: { resourceVersion: '9', annotations: { 'k8s.io/initial-events-end': 'true' } } }
    const text = line('BOOKMARK', { metadata: { resourceVersion: '8' } }) + line('BOOKMARK', end) + line('NEWS', {})
    const { batches } = await readAll(watchOf(clientOf(text)))
    expect(batches[1]).toEqual([
      { kind: 'bookmark', resourceVersion: '8', initialEventsEnd: false },
      { kind: 'bookmark', resourceVersion: '9', initialEventsEnd: true },
      { kind: 'unknown', type: 'NEWS' },
    ])
  })

  test('throws an ERROR event as KubeStatusError, after what stood before it', async () => {
    const status = {
      kind: 'Status',
      code: 410,
      reason: 'Expired',
      message: 'too old resource version',
      details: { retryAfterSeconds: 2 },
    }
    const { batches, error } = await readAll(watchOf(clientOf(line('ADDED', objectOf('a', 1)) + line('ERROR', status))))
    expect(batches.flat()).toMatchObject([{ kind: 'apply', entry: { name: 'a' } }])
    expect(error).toBeInstanceOf(KubeStatusError)
    expect(error).toMatchObject({
      code: 410,
      reason: 'Expired',
      message: 'too old resource version',
      retryAfterMs: 2000,
    })
  })

  test.each([
    ['a line that is cut off', line('ADDED', objectOf('b', 2)).slice(0, -10)],
    ['a line that is no JSON', '{"type":}\n'],
    ['an event without an object', '{"type":"ADDED"}\n'],
    ['an object without metadata', '{"type":"ADDED","object":{}}\n'],
    ['a bookmark without a version', '{"type":"BOOKMARK","object":{}}\n'],
  ])('throws SyntaxError for %s, after what stood before it', async (_, bad) => {
    const { batches, error } = await readAll(watchOf(clientOf(line('ADDED', objectOf('a', 1)) + bad)))
    expect(batches.flat()).toHaveLength(1)
    expect(error).toBeInstanceOf(SyntaxError)
  })

  test('with metadataOnly asks for PartialObjectMetadata', async () => {
    const client = clientOf()
    await readAll(createListWatch(client, resource, { metadataOnly: true }).watch({ timeoutSeconds: 300 }, signal))
    expect(client.requests[0]?.accept).toContain('as=PartialObjectMetadata;')
  })
})

describe('ListWatch.list()', () => {
  const page = (items: ParsedObject[], metadata: object) => JSON.stringify({ kind: 'ThingList', metadata, items })

  test('gives the items of a page as they come in, with apiVersion and kind, then its end', async () => {
    const { apiVersion: _a, kind: _k, ...item } = objectOf('a', 1)
    const text = page([item, objectOf('b', 2)], { resourceVersion: '5', continue: 'next' })
    const client = clientOf(text.slice(0, 50), text.slice(50))
    const request = { limit: 500, continueToken: 'here' }
    const { batches } = await readAll(createListWatch(client, resource).list(request, signal))
    expect(batches[0]).toEqual({ entries: [] })
    const entries = batches.flatMap((batch) => batch.entries)
    expect(entries.map(({ key }) => key)).toEqual(['default/a', 'default/b'])
    expect(JSON.parse(entries[0]?.json ?? '')).toMatchObject({ apiVersion: 'example.com/v1', kind: 'Thing' })
    expect(batches.at(-1)?.end).toEqual({ resourceVersion: '5', continueToken: 'next' })
    expect(client.requests[0]?.query).toEqual({ limit: 500, continue: 'here' })
  })

  test('of the last page has no continue token', async () => {
    const { batches } = await readAll(
      createListWatch(clientOf(page([], { resourceVersion: '5', continue: '' })), resource).list({}, signal),
    )
    expect(batches.at(-1)?.end).toEqual({ resourceVersion: '5', continueToken: undefined })
  })

  test('of a page that is cut off throws SyntaxError', async () => {
    const text = page([objectOf('a', 1), objectOf('b', 2)], {})
    const { batches, error } = await readAll(createListWatch(clientOf(text.slice(0, -20)), resource).list({}, signal))
    expect(batches.some(({ end }) => end !== undefined)).toBe(false)
    expect(error).toBeInstanceOf(SyntaxError)
  })
})
