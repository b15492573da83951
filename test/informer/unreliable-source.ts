import type { ListBatch, ListWatch, WatchEvent } from '../../runtime/informer/list-watch.ts'
import type { FakeClock } from '../fake-clock.ts'
import type { SeededRandom } from '../fault-run/seeded-random.ts'
import { apply, bookmark, createFeed, entryOf, type Feed, remove, statusError } from './feed.ts'

const MINUTE_MS = 60_000
/** Older versions are answered with 410; kube-apiserver keeps about as much. */
const HISTORY_MS = 20 * MINUTE_MS
/** A watch that is not ended by its time ends otherwise after this long, on average. */
const MEAN_LIFE_MS = 6 * MINUTE_MS

/** A request, as the server knows it. */
export interface Served {
  readonly kind: 'list' | 'watch'
  readonly at: number
  /** When the last byte went out; of one that never was answered, when it came. */
  lastByteAt: number
  /** It stays open and says nothing more. */
  isSilent: boolean
  /** When the client gave it up. */
  abortedAt: number | undefined
}

/** A server of one collection on a fake clock, which fails in every way that leaves its objects whole. */
export interface UnreliableSource extends ListWatch {
  readonly requests: readonly Served[]
  /** By name of the object, its version now; 0 for one that is gone. */
  readonly versions: ReadonlyMap<string, number>
  /** Since when the client has heard nothing, by what was sent. */
  readonly lastByteAt: number
  /** Timers of the server itself, so that those of the client can be told apart. */
  readonly timers: number
  /** Changes or removes an object, or makes it; answers its version. */
  change(name: string): number
  /** No request is answered, and every open one is reset. */
  outage(isOn: boolean): void
  /** From now on nothing fails. */
  calm(): void
}

interface Open {
  readonly served: Served
  readonly feed: Feed<readonly WatchEvent[]>
  close(): void
}

export function createUnreliableSource(clock: FakeClock, random: SeededRandom, bookmarkMs: number): UnreliableSource {
  const requests: Served[] = []
  const versions = new Map<string, number>()
  const history: { readonly at: number; readonly version: number; readonly event: WatchEvent }[] = []
  const open = new Set<Open>()
  let version = 100
  let lastByteAt = clock.now()
  let timers = 0
  let isOut = false
  let isCalm = false
  /** The request before was left hanging: two in a row would be an outage, of which there is one to be had by itself. */
  let wasLeft = false

  return {
    requests,
    versions,
    change,
    list: (_, signal) => serve<ListBatch>('list', signal, (feed, served) => sendPage(feed, served)),
    watch: ({ resourceVersion, timeoutSeconds }, signal) =>
      serve<readonly WatchEvent[]>('watch', signal, (feed, served) =>
        sendWatch(feed, served, signal, resourceVersion, timeoutSeconds),
      ),
    get lastByteAt() {
      return lastByteAt
    },
    get timers() {
      return timers
    },
    outage(isOn) {
      isOut = isOn
      if (isOn) for (const { feed } of [...open]) feed.fail(new Error('read ECONNRESET'))
      if (isOn) for (const each of [...open]) each.close()
    },
    calm() {
      isCalm = true
    },
  }

  function serve<T>(kind: Served['kind'], signal: AbortSignal, answer: (feed: Feed<T>, served: Served) => void) {
    const served: Served = { kind, at: clock.now(), lastByteAt: clock.now(), isSilent: false, abortedAt: undefined }
    requests.push(served)
    const feed = createFeed<T>()
    signal.addEventListener('abort', () => {
      served.abortedAt = clock.now()
    })
    const fate = fateOfRequest()
    if (fate === 'refused') feed.fail(new Error('connect ECONNREFUSED'))
    else if (fate === 'busy') feed.fail(statusError(429, 'too many requests', 1000))
    else if (fate === 'broken') feed.fail(statusError(503))
    else if (fate === 'left') served.isSilent = true
    else answer(feed, served)
    wasLeft = fate === 'left'
    return feed.read(signal)
  }

  function fateOfRequest(): 'answered' | 'refused' | 'busy' | 'broken' | 'left' {
    if (isOut) return 'refused'
    if (isCalm) return 'answered'
    return random.weighted({ answered: 88, refused: 3, busy: 3, broken: 3, left: wasLeft ? 0 : 3 })
  }

  function sendPage(feed: Feed<ListBatch>, served: Served): void {
    sent(served)
    const entries = [...versions].filter(([, at]) => at > 0).map(([name, at]) => entryOf(name, at))
    feed.push(
      { entries: [] },
      { entries },
      { entries: [], end: { resourceVersion: String(version), continueToken: undefined } },
    )
    feed.end()
  }

  function sendWatch(
    feed: Feed<readonly WatchEvent[]>,
    served: Served,
    signal: AbortSignal,
    resourceVersion: string | undefined,
    timeoutSeconds: number,
  ): void {
    const from = Number(resourceVersion)
    while (history[0] !== undefined && history[0].at < clock.now() - HISTORY_MS) history.shift()
    if (resourceVersion !== undefined && from < (history[0]?.version ?? version) - 1) {
      return void feed.fail(statusError(410))
    }
    sent(served)
    feed.push([])
    if (resourceVersion === undefined) feed.push(initialEvents(), [bookmark(version, true)])
    else feed.push(history.filter((past) => past.version > from).map(({ event }) => event))
    live(feed, served, signal, timeoutSeconds)
  }

  function initialEvents(): WatchEvent[] {
    return [...versions].filter(([, at]) => at > 0).map(([name, at]) => apply(name, at))
  }

  function live(feed: Feed<readonly WatchEvent[]>, served: Served, signal: AbortSignal, timeoutSeconds: number): void {
    const cancels = new Set<() => void>()
    const close = () => {
      open.delete(self)
      for (const cancel of cancels) cancel()
      cancels.clear()
    }
    const self: Open = { served, feed, close }
    open.add(self)
    signal.addEventListener('abort', close)
    const later = (delayMs: number, act: () => void) => {
      timers++
      const stop = clock.after(delayMs, () => {
        cancel()
        act()
      })
      const cancel = () => {
        if (!cancels.delete(cancel)) return
        timers--
        stop()
      }
      cancels.add(cancel)
    }
    const mark = () => {
      sent(served)
      feed.push([bookmark(version)])
      later(bookmarkMs, mark)
    }
    later(bookmarkMs, mark)
    later(timeoutSeconds * 1000, () => {
      close()
      feed.end()
    })
    if (isCalm) return
    later(-Math.log(1 - random.next()) * MEAN_LIFE_MS, () => {
      close()
      end(feed, served)
    })
  }

  function end(feed: Feed<readonly WatchEvent[]>, served: Served): void {
    const fate = random.weighted({ silent: 5, reset: 2, ended: 2, gone: 1 })
    if (fate === 'silent') served.isSilent = true
    else if (fate === 'reset') feed.fail(new Error('read ECONNRESET'))
    else if (fate === 'gone') feed.fail(statusError(410))
    else feed.end()
  }

  function change(name: string): number {
    version++
    const isRemoval = (versions.get(name) ?? 0) > 0 && random.next() < 0.2
    versions.set(name, isRemoval ? 0 : version)
    const event = isRemoval ? remove(name, version) : apply(name, version)
    history.push({ at: clock.now(), version, event })
    for (const { feed, served } of open) {
      sent(served)
      feed.push([event])
    }
    return version
  }

  function sent(served: Served): void {
    served.lastByteAt = clock.now()
    lastByteAt = clock.now()
  }
}
