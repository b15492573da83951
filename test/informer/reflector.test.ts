import { describe, expect, test } from 'vitest'
import {
  IDLE_LIMIT_MS,
  INITIAL_SILENCE_MS,
  PAGE_LIMIT,
  type ReflectorEvent,
  type ReflectorState,
  reflect,
  SHORT_WATCH_MS,
  type Step,
  step,
} from '../../runtime/informer/reflector.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { apply, bookmark, createScriptedListWatch, entryOf, remove, statusError } from './feed.ts'

const EMPTY: ReflectorState = { kind: 'empty', via: 'stream', relist: 'stream' }

function setUp() {
  const clock = createFakeClock()
  const source = createScriptedListWatch()
  const stop = new AbortController()
  const context = { source, clock, signal: stop.signal, random: () => 0 }
  const take = (state: ReflectorState) => step(state, context)
  /** Steps until the state is one of `kinds`, or nothing more can happen; gathers the events. */
  const takeUntil = async (state: ReflectorState, kind: ReflectorState['kind']): Promise<Step> => {
    const events: ReflectorEvent[] = []
    for (let next = state; ; ) {
      const taken = await take(next)
      events.push(...taken.events)
      next = taken.next
      if (next.kind === kind) return { events, next }
    }
  }
  return { clock, source, stop, context, take, takeUntil }
}

/** Events as short texts: `apply a@2`, `error 410 relist`. */
function show(events: readonly ReflectorEvent[]): string[] {
  return events
    .filter(({ kind }) => kind !== 'alive')
    .map((event) => {
      if ('entry' in event) return `${event.kind} ${event.entry.name}@${event.entry.resourceVersion}`
      if (event.kind === 'ended') return event.isSilent ? 'ended silent' : 'ended'
      if (event.kind === 'initDone') return `initDone@${event.resourceVersion}`
      if (event.kind !== 'error') return event.kind
      return `error ${(event.error as { code?: number }).code ?? ''} ${event.relist ? 'relist' : 'rewatch'}`
    })
}

async function watchingFrom(version: number) {
  const setup = setUp()
  const feed = setup.source.nextWatch()
  const { next } = await setup.take({ kind: 'listed', resourceVersion: String(version), relist: 'stream' })
  return { ...setup, feed, state: next }
}

describe('step() of an empty state', () => {
  test('begins by a WatchList that asks for a timeout', async () => {
    const { source, take } = setUp()
    source.nextWatch().push([])
    const first = await take(EMPTY)
    expect(show(first.events)).toEqual(['init'])
    await take(first.next)
    expect(source.requests).toEqual([{ verb: 'watch', sendInitialEvents: true, timeoutSeconds: 290 }])
  })

  test('asks for timeouts that are spread', async () => {
    const { source, context } = setUp()
    await step(EMPTY, { ...context, random: () => 0.999 })
    expect(source.requests).toMatchObject([{ timeoutSeconds: 434 }])
  })
})

describe('step() amid a WatchList', () => {
  test('goes on as a watch in the same request after the closing bookmark', async () => {
    const { source, takeUntil, take } = setUp()
    const feed = source.nextWatch()
    feed.push([], [apply('a', 1)], [apply('b', 2), remove('a', 3), bookmark(4, true), apply('c', 5)])
    const { events, next } = await takeUntil(EMPTY, 'watching')
    expect(show(events)).toEqual(['init', 'initApply a@1', 'initApply b@2', 'delete a@3', 'initDone@4', 'apply c@5'])
    feed.push([apply('c', 6)])
    expect(show((await take(next)).events)).toEqual(['apply c@6'])
    expect(source.requests).toHaveLength(1)
  })

  test.each([400, 422])(
    'falls back to pages where the server refuses it with %i, and asks again at the next list',
    async (code) => {
      const { source, takeUntil } = setUp()
      source.nextWatch().fail(statusError(code))
      source
        .nextList()
        .push({ entries: [entryOf('a', 1)] }, { entries: [], end: { resourceVersion: '9', continueToken: undefined } })
      const { events, next } = await takeUntil(EMPTY, 'listed')
      expect(show(events)).toEqual(['init', 'fallback', 'init', 'initApply a@1', 'initDone@9'])
      expect(next).toEqual({ kind: 'listed', resourceVersion: '9', relist: 'stream' })
    },
  )

  test('falls back to pages, for good, at a bookmark that does not close the list', async () => {
    const { source, takeUntil } = setUp()
    const feed = source.nextWatch().push([], [apply('a', 1)], [bookmark(2)])
    source.nextList().push({ entries: [], end: { resourceVersion: '9', continueToken: undefined } })
    const { events, next } = await takeUntil(EMPTY, 'listed')
    expect(show(events)).toEqual(['init', 'initApply a@1', 'fallback', 'init', 'initDone@9'])
    expect(next).toMatchObject({ relist: 'pages' })
    expect(feed.isAborted).toBe(true)
  })

  test('falls back to pages when the server answers and then says nothing', async () => {
    const { clock, source, takeUntil } = setUp()
    source.nextWatch().push([], [apply('a', 1)])
    source.nextList().push({ entries: [], end: { resourceVersion: '9', continueToken: undefined } })
    const run = takeUntil(EMPTY, 'listed')
    await clock.advance(INITIAL_SILENCE_MS)
    expect(show((await run).events)).toEqual(['init', 'initApply a@1', 'fallback', 'init', 'initDone@9'])
    expect((await run).next).toMatchObject({ relist: 'pages' })
  })

  test('falls back to pages when the server ends it before the list is complete', async () => {
    const { source, takeUntil } = setUp()
    source
      .nextWatch()
      .push([], [apply('a', 1)])
      .end()
    expect(show((await takeUntil(EMPTY, 'listing')).events)).toEqual(['init', 'initApply a@1', 'fallback', 'init'])
  })

  test('waits longer for an answer than for the rest, and then begins anew', async () => {
    const { clock, source, takeUntil } = setUp()
    const feed = source.nextWatch()
    const run = takeUntil(EMPTY, 'empty')
    await clock.advance(IDLE_LIMIT_MS - 1)
    expect(feed.isAborted).toBe(false)
    await clock.advance(1)
    expect(await run).toMatchObject({ next: EMPTY })
    expect(show((await run).events)).toEqual(['init', 'error  relist'])
    expect([feed.isAborted, clock.pending]).toEqual([true, 0])
  })

  test.each([403, 404, 410, 429, 500, 504])('begins anew after an error %i', async (code) => {
    const { source, takeUntil } = setUp()
    source
      .nextWatch()
      .push([], [apply('a', 1)])
      .fail(statusError(code))
    const { events, next } = await takeUntil(EMPTY, 'empty')
    expect(show(events)).toEqual(['init', 'initApply a@1', `error ${code} relist`])
    expect(next).toEqual(EMPTY)
  })
})

describe('step() amid pages', () => {
  const pages: ReflectorState = { kind: 'empty', via: 'pages', relist: 'pages' }

  test('follows the continue tokens', async () => {
    const { source, takeUntil } = setUp()
    source
      .nextList()
      .push({ entries: [] }, { entries: [entryOf('a', 1)], end: { resourceVersion: '9', continueToken: 'more' } })
    source.nextList().push({ entries: [entryOf('b', 2)], end: { resourceVersion: '9', continueToken: undefined } })
    expect(show((await takeUntil(pages, 'listed')).events)).toEqual([
      'init',
      'initApply a@1',
      'initApply b@2',
      'initDone@9',
    ])
    expect(source.requests).toEqual([
      { verb: 'list', limit: PAGE_LIMIT },
      { verb: 'list', limit: PAGE_LIMIT, continueToken: 'more' },
    ])
  })

  test('takes the whole list in one page when a continue token has expired', async () => {
    const { source, takeUntil } = setUp()
    source.nextList().push({ entries: [entryOf('a', 1)], end: { resourceVersion: '9', continueToken: 'more' } })
    source.nextList().fail(statusError(410))
    source.nextList().push({ entries: [entryOf('b', 2)], end: { resourceVersion: '10', continueToken: undefined } })
    const failed = await takeUntil(pages, 'empty')
    expect(show(failed.events)).toEqual(['init', 'initApply a@1', 'error 410 relist'])
    const { events, next } = await takeUntil(failed.next, 'listed')
    expect(show(events)).toEqual(['init', 'initApply b@2', 'initDone@10'])
    expect(source.requests[2]).toEqual({ verb: 'list' })
    expect(next).toMatchObject({ relist: 'pages' })
  })

  test.each([
    [
      'a page that ends without its end',
      (feed: ReturnType<ReturnType<typeof setUp>['source']['nextList']>) => feed.end(),
    ],
    ['an error', (feed: ReturnType<ReturnType<typeof setUp>['source']['nextList']>) => feed.fail(statusError(500))],
  ])('begins anew after %s', async (_, break_) => {
    const { source, takeUntil } = setUp()
    break_(source.nextList().push({ entries: [entryOf('a', 1)] }))
    const { events, next } = await takeUntil(pages, 'empty')
    expect(show(events).at(-1)).toMatch(/^error .*relist$/)
    expect(next).toEqual(pages)
  })

  test('gives up a page that falls silent', async () => {
    const { clock, source, takeUntil } = setUp()
    source.nextList().push({ entries: [] })
    const run = takeUntil(pages, 'empty')
    await clock.advance(IDLE_LIMIT_MS)
    expect(show((await run).events)).toEqual(['init', 'error  relist'])
  })
})

describe('step() of a listed state', () => {
  test('opens a watch from the version', async () => {
    const { source, take } = setUp()
    const { events, next } = await take({ kind: 'listed', resourceVersion: '7', relist: 'stream' })
    expect([events, next.kind]).toEqual([[], 'watching'])
    expect(source.requests).toEqual([{ verb: 'watch', resourceVersion: '7', timeoutSeconds: 290 }])
  })
})

describe('step() amid a watch', () => {
  test.each([
    ['an object', apply('a', 8), '8'],
    ['a deletion', remove('a', 8), '8'],
    ['a bookmark', bookmark(8), '8'],
    ['an event of an unknown type', { kind: 'unknown', type: 'NEWS' } as const, '7'],
  ])('goes on after %s and a break from the right version', async (_, event, version) => {
    const { clock, feed, state, take } = await watchingFrom(7)
    feed.push([event])
    const { next } = await take(state)
    await clock.advance(SHORT_WATCH_MS)
    feed.end()
    const ended = await take(next)
    expect(show(ended.events)).toEqual(['ended'])
    expect(ended.next).toEqual({ kind: 'listed', resourceVersion: version, relist: 'stream' })
  })

  test('says "alive" for bytes that completed nothing', async () => {
    const { feed, state, take } = await watchingFrom(7)
    feed.push([])
    expect((await take(state)).events).toEqual([{ kind: 'alive' }])
  })

  test.each([
    ['an old version of an object', apply('a', 5)],
    ['an event that others have overtaken', apply('b', 8)],
    ['an old deletion', remove('a', 6)],
  ])('lists anew at %s, and hands on only what came before it', async (_, late) => {
    const { feed, state, take } = await watchingFrom(7)
    feed.push([apply('a', 9), late, apply('c', 10)])
    const { events, next } = await take(state)
    expect(show(events)).toEqual(['apply a@9', 'error  relist'])
    expect(next).toEqual({ kind: 'empty', via: 'stream', relist: 'stream' })
    expect(feed.isAborted).toBe(true)
  })

  test('does not go back to the version of a late bookmark', async () => {
    const { feed, state, take } = await watchingFrom(7)
    feed.push([apply('a', 9), bookmark(8)])
    expect((await take(state)).next).toMatchObject({ kind: 'watching', resourceVersion: '9' })
  })

  test('takes versions that are no numbers in whatever order they come', async () => {
    const { feed, state, take } = await watchingFrom(7)
    feed.push([
      apply('a', 1, { metadata: { resourceVersion: 'v9' } }),
      apply('a', 1, { metadata: { resourceVersion: 'v8' } }),
    ])
    expect((await take(state)).next).toMatchObject({ kind: 'watching', resourceVersion: 'v8' })
  })

  test('counts a watch that ends at once as failed', async () => {
    const { clock, feed, state, take } = await watchingFrom(7)
    await clock.advance(SHORT_WATCH_MS - 1)
    feed.end()
    const { events, next } = await take(state)
    expect(show(events)).toEqual(['error  rewatch'])
    expect(next).toMatchObject({ kind: 'listed', resourceVersion: '7' })
  })

  test.each([
    [410, 'too old resource version'],
    [400, 'invalid resource version'],
    [422, 'invalid'],
    [504, 'Too large resource version: 9000, current: 12'],
  ])('lists anew after %i "%s"', async (code, message) => {
    const { feed, state, take } = await watchingFrom(7)
    feed.fail(statusError(code, message))
    const { events, next } = await take(state)
    expect(show(events)).toEqual([`error ${code} relist`])
    expect(next).toEqual(EMPTY)
  })

  test.each([403, 404, 429, 500, 503, 504])('watches anew from the last version after %i', async (code) => {
    const { feed, state, take } = await watchingFrom(7)
    feed.push([apply('a', 8)]).fail(statusError(code))
    const { next } = await take(state)
    expect(show((await take(next)).events)).toEqual([`error ${code} rewatch`])
  })

  test('watches anew after a connection that breaks off or a line that cannot be read', async () => {
    const { feed, state, take } = await watchingFrom(7)
    feed.fail(new SyntaxError('broke off in the middle of a line'))
    const { events, next } = await take(state)
    expect(show(events)).toEqual(['error  rewatch'])
    expect(next).toMatchObject({ kind: 'listed', resourceVersion: '7' })
  })

  test('gives a silent watch up, and only a silent one', async () => {
    const { clock, feed, state, take } = await watchingFrom(7)
    await clock.advance(IDLE_LIMIT_MS - 1)
    feed.push([])
    const { next } = await take(state)
    const run = take(next)
    await clock.advance(IDLE_LIMIT_MS - 1)
    expect(feed.isAborted).toBe(false)
    await clock.advance(1)
    expect(show((await run).events)).toEqual(['ended silent'])
    expect((await run).next).toMatchObject({ kind: 'listed', resourceVersion: '7' })
    expect([feed.isAborted, clock.pending]).toEqual([true, 0])
  })
})

describe('reflect()', () => {
  test('ends when its signal aborts, in the middle of a read, and ends the request', async () => {
    const { clock, source, stop, context } = setUp()
    const feed = source.nextWatch().push([], [apply('a', 1)])
    const events: ReflectorEvent[] = []
    const done = (async () => {
      for await (const event of reflect(context)) events.push(event)
    })()
    await settle()
    stop.abort(new Error('stop'))
    await done
    expect(show(events)).toEqual(['init', 'initApply a@1'])
    expect([feed.isAborted, clock.pending]).toEqual([true, 0])
  })

  test('ends the request when its reader stops reading', async () => {
    const { source, context } = setUp()
    const feed = source.nextWatch().push([], [apply('a', 1)])
    for await (const event of reflect(context)) if (event.kind === 'initApply') break
    expect(feed.isAborted).toBe(true)
  })

  test('ends although the source does not listen to its signal', async () => {
    const { stop, context } = setUp()
    const deaf = { list: never, watch: never }
    const done = (async () => {
      for await (const _ of reflect({ ...context, source: deaf }));
    })()
    await settle()
    stop.abort(new Error('stop'))
    await done
    async function* never(): AsyncGenerator<never> {
      await new Promise(() => {})
    }
  })
})
