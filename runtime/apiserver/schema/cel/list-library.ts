import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import { isCelEqual } from './cel-equality.ts'
import { type Library, RuleError, registerNamespace } from './library.ts'

/** Lists in order: numbers, strings, booleans, bytes, times and durations. */
type Sortable = string | bigint | number | boolean | Date | Duration

/** Kubernetes' functions on lists, and cel-go's ext.Sets and ext.Lists. */
export const listLibrary: Library = (environment) => {
  for (const type of [
    'int',
    'double',
    'string',
    'bool',
    'google.protobuf.Timestamp',
    'google.protobuf.Duration',
    'dyn',
  ]) {
    environment
      .registerFunction(`list<${type}>.isSorted(): bool`, (list: Sortable[]) =>
        list.every((each, i) => i === 0 || !isLess(each, list[i - 1] as Sortable)),
      )
      .registerFunction(`list<${type}>.min(): ${type}`, (list: Sortable[]) => extreme(list, 'min'))
      .registerFunction(`list<${type}>.max(): ${type}`, (list: Sortable[]) => extreme(list, 'max'))
      .registerFunction(`list<${type}>.sort(): list<${type}>`, (list: Sortable[]) => [...list].sort(compare))
  }
  environment
    .registerFunction('list<int>.sum(): int', (list: bigint[]) => list.reduce((a, b) => a + b, 0n))
    .registerFunction('list<uint>.sum(): uint', (list: UnsignedInt[]) =>
      list.reduce((a, b) => new UnsignedInt(BigInt(a.valueOf()) + BigInt(b.valueOf())), new UnsignedInt(0n)),
    )
    .registerFunction('list<double>.sum(): double', (list: number[]) => list.reduce((a, b) => a + b, 0))
    .registerFunction('list<google.protobuf.Duration>.sum(): google.protobuf.Duration', (list: Duration[]) =>
      list.reduce((a, b) => a.addDuration(b), new Duration(0n, 0)),
    )
    .registerFunction('list<T>.indexOf(T): int', (list: unknown[], value: unknown) =>
      BigInt(list.findIndex((each) => isCelEqual(each, value))),
    )
    .registerFunction('list<T>.lastIndexOf(T): int', (list: unknown[], value: unknown) =>
      BigInt(list.findLastIndex((each) => isCelEqual(each, value))),
    )
    .registerFunction('list<T>.slice(int, int): list<T>', slice)
    .registerFunction('list<T>.distinct(): list<T>', distinct)
    .registerFunction('list<T>.reverse(): list<T>', (list: unknown[]) => [...list].reverse())
    .registerFunction('list.flatten(): list<dyn>', (list: unknown[]) => list.flat(1))
    .registerFunction('list.flatten(int): list<dyn>', (list: unknown[], depth: bigint) => list.flat(Number(depth)))
  registerNamespace(environment, 'lists', 'ListsNamespace')
  environment.registerFunction('ListsNamespace.range(int): list<int>', (_: unknown, count: bigint) => range(count))
  registerNamespace(environment, 'sets', 'SetsNamespace')
  environment
    .registerFunction('SetsNamespace.contains(list<T>, list<T>): bool', (_: unknown, a: unknown[], b: unknown[]) =>
      isSuperset(a, b),
    )
    .registerFunction(
      'SetsNamespace.equivalent(list<T>, list<T>): bool',
      (_: unknown, a: unknown[], b: unknown[]) => isSuperset(a, b) && isSuperset(b, a),
    )
    .registerFunction('SetsNamespace.intersects(list<T>, list<T>): bool', (_: unknown, a: unknown[], b: unknown[]) =>
      a.some((each) => b.some((other) => isCelEqual(each, other))),
    )
}

/** What `lists.range` makes at most. */
const MAX_RANGE = 1_000_000n

function range(count: bigint): bigint[] {
  if (count > MAX_RANGE) throw new RuleError(`operation cancelled: actual cost limit exceeded`)
  return Array.from({ length: Number(count) }, (_, i) => BigInt(i))
}

function isLess(a: Sortable, b: Sortable): boolean {
  return a < b
}

function compare(a: Sortable, b: Sortable): number {
  return isLess(a, b) ? -1 : isLess(b, a) ? 1 : 0
}

function extreme(list: readonly Sortable[], which: 'min' | 'max'): Sortable {
  if (list.length === 0) throw new RuleError(`${which} called on empty list`)
  return list.reduce((a, b) => ((which === 'min' ? isLess(b, a) : isLess(a, b)) ? b : a))
}

function slice(list: readonly unknown[], from: bigint, to: bigint): unknown[] {
  if (from < 0n || to < 0n) throw new RuleError(`cannot slice(${from}, ${to}), negative indexes not supported`)
  if (from > to)
    throw new RuleError(`cannot slice(${from}, ${to}), start index must be less than or equal to end index`)
  if (to > BigInt(list.length)) throw new RuleError(`cannot slice(${from}, ${to}), list is length ${list.length}`)
  return list.slice(Number(from), Number(to))
}

function distinct(list: readonly unknown[]): unknown[] {
  return list.filter((each, i) => list.findIndex((other) => isCelEqual(each, other)) === i)
}

function isSuperset(list: readonly unknown[], part: readonly unknown[]): boolean {
  return part.every((each) => list.some((other) => isCelEqual(each, other)))
}
