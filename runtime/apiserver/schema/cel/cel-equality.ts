import { Duration } from '@marcbachmann/cel-js/evaluator'

/** Are two values of rules the same? Numbers are compared across types; objects and maps whatever their order. */
export function isCelEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (isNumber(a) && isNumber(b)) return Number(a) === Number(b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Date || b instanceof Date)
    return a instanceof Date && b instanceof Date && a.getTime() === b.getTime()
  if (a instanceof Duration || b instanceof Duration)
    return a instanceof Duration && b instanceof Duration && a.seconds === b.seconds && a.nanos === b.nanos
  if (isSequence(a) || isSequence(b)) return isSequence(a) && isSequence(b) && isEqualSequence(a, b)
  return isEqualMap(entriesOf(a), entriesOf(b))
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function isSequence(value: object): value is ArrayLike<unknown> {
  return Array.isArray(value) || value instanceof Uint8Array
}

function isEqualSequence(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!isCelEqual(a[i], b[i])) return false
  return true
}

function entriesOf(value: object): Map<unknown, unknown> {
  return value instanceof Map ? value : new Map(Object.entries(value))
}

function isEqualMap(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.has(key) && isCelEqual(value, b.get(key)))
}
