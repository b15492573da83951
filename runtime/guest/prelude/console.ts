import { soleCall } from './call.ts'
import { inspect } from './inspect.ts'
import { type LogLevel, log } from './log.ts'
import { performance } from './performance.ts'
import { PrimordialNumber, PrimordialString, SafeMap } from './primordials.ts'

const timers = new SafeMap<string, number>()
const counts = new SafeMap<string, number>()
/** Labels that one guest can hold in each of the two. */
const MAX_LABELS = 1_000

/**
 * The web's console. A line carries the call that runs when there is only one, else no call: the sandbox cannot
 * follow a call through its awaits. `context.log` always knows its call.
 */
export const console = {
  debug: (...args: unknown[]) => print('debug', args),
  log: (...args: unknown[]) => print('info', args),
  info: (...args: unknown[]) => print('info', args),
  dir: (value: unknown) => print('info', [value]),
  table: (value: unknown) => print('info', [value]),
  group: (...args: unknown[]) => print('info', args),
  groupCollapsed: (...args: unknown[]) => print('info', args),
  groupEnd: () => {},
  warn: (...args: unknown[]) => print('warn', args),
  error: (...args: unknown[]) => print('error', args),
  trace: (...args: unknown[]) => print('debug', ['Trace:', ...args, new Error().stack?.replace(/^.*/, '')]),
  assert: (condition: unknown, ...args: unknown[]) => {
    if (!condition) print('error', ['Assertion failed', ...args])
  },
  count: (label: unknown = 'default') =>
    print('info', [`${label}: ${remember(counts, label, (old) => (old ?? 0) + 1)}`]),
  countReset: (label: unknown = 'default') => void counts.delete(PrimordialString(label)),
  time: (label: unknown = 'default') => void remember(timers, label, (old) => old ?? performance.now()),
  timeLog: (label: unknown = 'default', ...args: unknown[]) => print('info', [elapsed(label), ...args]),
  timeEnd: (label: unknown = 'default') => {
    print('info', [elapsed(label)])
    timers.delete(PrimordialString(label))
  },
}

function remember(map: Map<string, number>, label: unknown, next: (old: number | undefined) => number): number {
  const key = PrimordialString(label)
  if (map.size >= MAX_LABELS) map.clear()
  const value = next(map.get(key))
  map.set(key, value)
  return value
}

function elapsed(label: unknown): string {
  const since = timers.get(PrimordialString(label))
  return since === undefined ? `${label}: no such timer` : `${label}: ${(performance.now() - since).toFixed(3)} ms`
}

function print(level: LogLevel, args: unknown[]): void {
  try {
    log(soleCall(), level, format(args))
  } catch {
    // a console never throws, whatever it is given
  }
}

/** Joins by spaces; `%s %d %i %f %o %O %j %c` in the first string take from the rest. */
function format(args: unknown[]): string {
  let next = 1
  let text = ''
  const first = args[0]
  if (typeof first !== 'string') next = 0
  else if (args.length === 1) text = first
  else
    text = first.replace(/%([sdifoOjc%])/g, (whole, kind: string) => {
      if (kind === '%') return '%'
      if (next >= args.length) return whole
      return substitute(kind, args[next++])
    })
  for (; next < args.length; next++) text += (next === 0 ? '' : ' ') + plain(args[next])
  return text
}

function substitute(kind: string, value: unknown): string {
  if (kind === 'c') return ''
  if (kind === 's') return plain(value)
  if (kind === 'd' || kind === 'f')
    return PrimordialString(typeof value === 'symbol' ? Number.NaN : PrimordialNumber(value))
  if (kind === 'i') return PrimordialString(Number.parseInt(PrimordialString(value), 10))
  return inspect(value)
}

const plain = (value: unknown) => (typeof value === 'string' ? value : inspect(value))
