import type { ASTNode } from '@marcbachmann/cel-js'
import { type Library, RuleError } from './library.ts'

/** What the evaluator hands to macros, as far as it is used here. */
interface Type {
  readonly kind: string
  readonly keyType?: Type
  readonly valueType?: Type
}
interface Scope {
  forkWithVariable(name: string, type: Type): Scope
  reuse(parent: Scope): Scope
  setIterValue(value: unknown, evaluator: Evaluator): Scope
}
interface Checker {
  check(node: ASTNode, scope: Scope): Type
  getType(name: string): Type
}
interface Evaluator {
  run(node: ASTNode, scope: Scope): unknown
}
interface Call {
  readonly receiver: ASTNode
  readonly args: readonly ASTNode[]
}

/** One evaluation of a macro's last arguments, with the two variables set. */
type Run = (key: unknown, value: unknown, node: number) => unknown
type Entries = readonly (readonly [unknown, unknown])[]

/** cel-go's ext.TwoVarComprehensions: `list.all(i, v, …)`, `map.exists(k, v, …)`, `transformList`, `transformMap`. */
export const comprehensionLibrary: Library = (environment) => {
  const register = (
    name: string,
    argCounts: readonly number[],
    result: string,
    fold: (entries: Entries, run: Run, hasFilter: boolean) => unknown,
  ) => {
    for (const receiver of ['list', 'map'])
      for (const count of argCounts) {
        const args = Array.from({ length: count }, () => 'ast').join(', ')
        environment.registerFunction(`${receiver}.${name}(${args}): ${result}`, twoVariables(result, count === 4, fold))
      }
  }
  register('all', [3], 'bool', (entries, run) => decide(entries, run, false))
  register('exists', [3], 'bool', (entries, run) => decide(entries, run, true))
  for (const name of ['existsOne', 'exists_one'])
    register(
      name,
      [3],
      'bool',
      (entries, run) => entries.filter(([key, value]) => run(key, value, 2) === true).length === 1,
    )
  register('transformList', [3, 4], 'list<dyn>', (entries, run, hasFilter) =>
    kept(entries, run, hasFilter).map(([key, value]) => run(key, value, hasFilter ? 3 : 2)),
  )
  register(
    'transformMap',
    [3, 4],
    'map<dyn, dyn>',
    (entries, run, hasFilter) =>
      new Map(kept(entries, run, hasFilter).map(([key, value]) => [key, run(key, value, hasFilter ? 3 : 2)])),
  )
  register('transformMapEntry', [3, 4], 'map<dyn, dyn>', (entries, run, hasFilter) => {
    const result = new Map<unknown, unknown>()
    for (const [key, value] of kept(entries, run, hasFilter))
      for (const [newKey, newValue] of entriesOf(run(key, value, hasFilter ? 3 : 2))) {
        if (result.has(newKey)) throw new RuleError(`insert failed: key ${String(newKey)} already exists`)
        result.set(newKey, newValue)
      }
    return result
  })
}

/** An error counts only when no other entry decides. */
function decide(entries: Entries, run: Run, decisive: boolean): boolean {
  let failure: unknown
  for (const [key, value] of entries) {
    try {
      if (run(key, value, 2) === decisive) return decisive
    } catch (error) {
      failure ??= error
    }
  }
  if (failure !== undefined) throw failure
  return !decisive
}

function kept(entries: Entries, run: Run, hasFilter: boolean): Entries {
  return hasFilter ? entries.filter(([key, value]) => run(key, value, 2) === true) : entries
}

/** Of lists the indexes are keys. */
function entriesOf(value: unknown): Entries {
  if (Array.isArray(value)) return value.map((each: unknown, i) => [BigInt(i), each] as const)
  return value instanceof Map ? [...value] : Object.entries(value as object)
}

function twoVariables(
  result: string,
  hasFilter: boolean,
  fold: (entries: Entries, run: Run, hasFilter: boolean) => unknown,
) {
  return ({ receiver, args }: Call) => {
    let keyScope: Scope | undefined
    let scope: Scope | undefined
    return {
      typeCheck(checker: Checker, _: unknown, outer: Scope): Type {
        const iterable = checker.check(receiver, outer)
        const dynamic = checker.getType('dyn')
        const keyType = iterable.kind === 'list' ? checker.getType('int') : (iterable.keyType ?? dynamic)
        keyScope = outer.forkWithVariable(nameOf(args[0]), keyType)
        scope = keyScope.forkWithVariable(nameOf(args[1]), iterable.valueType ?? dynamic)
        for (const node of args.slice(2)) checker.check(node, scope)
        return checker.getType(result)
      },
      evaluate(evaluator: Evaluator, _: unknown, outer: Scope): unknown {
        const entries = entriesOf(evaluator.run(receiver, outer))
        const run: Run = (key, value, node) => {
          const outerScope = (keyScope as Scope).reuse(outer).setIterValue(key, evaluator)
          const inner = (scope as Scope).reuse(outerScope).setIterValue(value, evaluator)
          return evaluator.run(args[node] as ASTNode, inner)
        }
        return fold(entries, run, hasFilter)
      },
    }
  }
}

function nameOf(node: ASTNode | undefined): string {
  if (node?.op === 'id') return node.args
  throw new RuleError('argument must be a simple name')
}
