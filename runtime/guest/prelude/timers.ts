import { logUncaught } from './log.ts'
import { askOuter } from './outer.ts'
import {
  apply,
  isFiniteNumber,
  max,
  min,
  PrimordialNumber,
  PrimordialPromise,
  PrimordialRangeError,
  PrimordialString,
  PrimordialTypeError,
  SafeMap,
} from './primordials.ts'

/** Timers that one guest can have waiting; the next one is refused. */
const MAX_TIMERS = 10_000
/** Node.js fires a longer one at once. */
const MAX_DELAY_MS = 2 ** 31 - 1

interface Timer {
  readonly callback: (...args: unknown[]) => unknown
  readonly args: readonly unknown[]
  /** Milliseconds between two turns, undefined for a timer that fires once. */
  readonly everyMs: number | undefined
}

/** What is needed of a signal to stop waiting. */
interface Abortable {
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

const timers = new SafeMap<number, Timer>()
let lastId = 0

export function setTimeout(callback: Timer['callback'], delayMs?: unknown, ...args: unknown[]): number {
  return start(callback, delayMs, args, false)
}

export function setInterval(callback: Timer['callback'], everyMs?: unknown, ...args: unknown[]): number {
  return start(callback, everyMs, args, true)
}

export function clearTimeout(id?: unknown): void {
  if (timers.delete(id as number)) askOuter('clearTimeout', id as number, '')
}

export const clearInterval = (id?: unknown): void => clearTimeout(id)

export function queueMicrotask(callback: () => void): void {
  assertCallback(callback)
  void run()
  async function run() {
    await undefined
    guarded('a microtask', callback, [])
  }
}

/** Resolves after `delayMs`, or as soon as the signal aborts: who waits looks at the signal afterwards. */
export function sleep(delayMs: number, signal: Abortable): Promise<void> {
  return new PrimordialPromise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, delayMs)
    signal.addEventListener('abort', end)
  })
}

/** The outside says that a timer is due. */
export function fireTimer(id: number): void {
  const timer = timers.get(id)
  if (timer === undefined) return
  if (timer.everyMs === undefined) timers.delete(id)
  else askOuter('setTimeout', id, PrimordialString(timer.everyMs))
  guarded('a timer', timer.callback, timer.args)
}

function start(callback: Timer['callback'], delay: unknown, args: readonly unknown[], repeats: boolean): number {
  assertCallback(callback)
  if (timers.size >= MAX_TIMERS) throw new PrimordialRangeError(`More than ${MAX_TIMERS} timers wait`)
  const number = PrimordialNumber(delay)
  const delayMs = isFiniteNumber(number) ? min(max(number, repeats ? 1 : 0), MAX_DELAY_MS) : repeats ? 1 : 0
  const id = ++lastId
  timers.set(id, { callback, args, everyMs: repeats ? delayMs : undefined })
  askOuter('setTimeout', id, PrimordialString(delayMs))
  return id
}

function assertCallback(callback: unknown): void {
  if (typeof callback !== 'function') throw new PrimordialTypeError('The callback must be a function')
}

function guarded(where: string, callback: (...args: unknown[]) => unknown, args: readonly unknown[]): void {
  try {
    apply(callback, undefined, args)
  } catch (error) {
    logUncaught(where, error)
  }
}
