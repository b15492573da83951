import {
  type ASTNode,
  type Environment,
  type EvaluationError,
  Optional,
  ParseError,
  TypeError as RuleTypeError,
} from '@marcbachmann/cel-js'
import { parseGoDuration } from '../duration.ts'
import { compileRegularExpression } from '../regular-expression.ts'
import type { ValidationRule } from '../schema.ts'
import { RuleError } from './library.ts'
import type { SchemaType } from './schema-type.ts'
import { MATCHES } from './string-library.ts'

/** A rule that can be asked, or why it cannot. */
export interface CompiledRule {
  readonly rule: ValidationRule
  readonly usesOldSelf: boolean
  /** Undefined: it compiles. */
  readonly error: string | undefined
  readonly messageError: string | undefined
  /** Throws what evaluationMessage() explains. Values are the schema type's. */
  evaluate(self: unknown, oldSelf: unknown): unknown
  /** Undefined: the rule has no messageExpression. */
  readonly message: ((self: unknown, oldSelf: unknown) => unknown) | undefined
}

/** environment: knows the types of the schema; a rule's variables are declared in a copy. */
export function compileRule(environment: Environment, type: SchemaType, rule: ValidationRule): CompiledRule {
  const isOptional = rule.optionalOldSelf === true
  const own = environment.clone()
  own.registerVariable('self', type.name)
  own.registerVariable('oldSelf', isOptional ? `optional<${type.name}>` : type.name)
  const oldValue = (old: unknown) => (isOptional ? (old === undefined ? Optional.none() : Optional.of(old)) : old)
  const main = compile(own, rule.rule, 'bool')
  const message =
    rule.messageExpression === undefined || rule.messageExpression === '' || main.error !== undefined
      ? undefined
      : compile(own, rule.messageExpression, 'string')
  const context = (self: unknown, oldSelf: unknown) => ({ self, oldSelf: oldValue(oldSelf) })
  return {
    rule,
    usesOldSelf: main.ast !== undefined && mentions(main.ast, 'oldSelf'),
    error: main.error,
    messageError: message?.error && `messageExpression ${message.error.replace(/^cel expression /, '')}`,
    evaluate: (self, oldSelf) => main.run?.(context(self, oldSelf)),
    message: message?.run && ((self, oldSelf) => message.run?.(context(self, oldSelf))),
  }
}

interface Compiled {
  readonly error?: string
  readonly ast?: ASTNode
  readonly run?: (context: Record<string, unknown>) => unknown
}

/** What is wrong with an expression that is to give one of these types, `dyn` not being any of them; undefined: nothing. */
export function expressionFault(
  environment: Environment,
  expression: string,
  types: readonly string[],
): string | undefined {
  const { error } = compile(environment, expression)
  if (error !== undefined) return error
  const type = expressionType(environment, expression)
  if (types.includes(type)) return undefined
  return `must evaluate to ${types.length === 1 ? types[0] : `one of [${types.join(' ')}]`} but got ${celGoType(type)}`
}

/** `null_type` as cel-go says; of one that does not compile `dyn`. */
export function expressionType(environment: Environment, expression: string): string {
  const { type = 'dyn' } = environment.check(expression)
  return type === 'null' ? 'null_type' : type
}

/** Why an expression does not compile, whatever its type; undefined: it does. */
export function compilationFault(environment: Environment, expression: string): string | undefined {
  return compile(environment, expression).error
}

function celGoType(type: string): string {
  return type
    .replaceAll('<', '(')
    .replaceAll('>', ')')
    .replace(/\b[KTV]\b/g, 'dyn')
}

/** As the environment parses it, but that patterns are Go's (`(?i)`, `[[:alpha:]]`). errors: ParseError */
export function parseExpression(environment: Environment, expression: string): ReturnType<Environment['parse']> {
  const parsed = environment.parse(expression)
  callOwnMatches(parsed.ast)
  return parsed
}

/** The evaluator's function cannot be replaced, so its calls are. */
function callOwnMatches(node: unknown): void {
  if (Array.isArray(node)) for (const each of node) callOwnMatches(each)
  if (!isNode(node)) return
  const args = node.args as unknown[]
  if (node.op === 'rcall' && args[0] === 'matches') args[0] = MATCHES
  callOwnMatches(args)
}

function compile(environment: Environment, expression: string, wanted?: 'bool' | 'string'): Compiled {
  try {
    const parsed = parseExpression(environment, expression)
    const checked = parsed.check()
    if (!checked.valid)
      return { error: `compilation failed: ${explain(checked.error, expression, environment)}`, ast: parsed.ast }
    if (wanted !== undefined && checked.type !== wanted && checked.type !== 'dyn')
      return { error: `cel expression must evaluate to a ${wanted}`, ast: parsed.ast }
    const literal = faultyLiteral(parsed.ast)
    if (literal !== undefined)
      return { error: `compilation failed: ${formatError(expression, literal.at, literal.words)}`, ast: parsed.ast }
    const missing = undefinedFieldInHas(parsed.ast, environment, expression)
    if (missing !== undefined) return { error: `compilation failed: ${missing}`, ast: parsed.ast }
    return { ast: parsed.ast, run: (context) => parsed(context) }
  } catch (error) {
    return { error: `compilation failed: ${explain(error, expression, environment)}` }
  }
}

/** As cel-go prints it: place, message, and the line with an arrow; the words are ours where cel-js knows no better. */
function explain(error: unknown, expression: string, environment: Environment): string {
  if (!(error instanceof ParseError || error instanceof RuleTypeError))
    return `ERROR: <input>:1:1: ${String(error)}\n | ${expression}\n | ^`
  const place = Math.max(placeOf(error, expression), 0)
  const words =
    error instanceof ParseError
      ? `Syntax error: ${error.summary}`
      : inCelGoWords(error, environment).replace(MATCHES, 'matches')
  return formatError(expression, place, words)
}

function formatError(expression: string, place: number, words: string): string {
  const before = expression.slice(0, place).split('\n')
  const column = before.at(-1)?.length ?? 0
  const source = expression.split('\n')[before.length - 1] ?? ''
  return `ERROR: <input>:${before.length}:${column + 1}: ${words}\n | ${source}\n | ${'.'.repeat(column)}^`
}

/** cel-go points at the dot of a field, the operator of an operation, and the parenthesis of a call. */
function placeOf(error: ParseError | RuleTypeError, expression: string): number {
  const start = error.range?.start ?? 0
  if (error.code === 'no_such_key') return start - 1
  const node = error.node as ASTNode | undefined
  if (error.code === 'no_such_overload' && Array.isArray(node?.args)) {
    const [left, right] = node.args as (ASTNode | undefined)[]
    if (right === undefined || left === undefined) return start
    return left.end + Math.max(expression.slice(left.end, right.start).indexOf(node.op), 0)
  }
  if (error.code === 'cannot_index_type' && Array.isArray(node?.args)) return (node.args[0] as ASTNode).end
  if (error.code === 'no_matching_overload' && node !== undefined) {
    const receiver = node.op === 'rcall' ? node.args[1] : undefined
    return expression.indexOf('(', receiver?.end ?? start)
  }
  return start
}

function inCelGoWords({ code, summary, node }: RuleTypeError, environment: Environment): string {
  if (code === 'no_such_key') return summary.replace(/^No such key: (.*)$/s, "undefined field '$1'")
  if (code === 'unknown_variable')
    return summary.replace(/^Unknown variable: (.*)$/s, "undeclared reference to '$1' (in container '')")
  const unary = /^no such overload: ([!-])(.+)$/.exec(summary)
  if (unary !== null) return `found no matching overload for '${unary[1]}_' applied to '(${celType(unary[2] ?? '')})'`
  if (code === 'cannot_index_type') {
    const type = /'(.*)'/.exec(summary)?.[1] ?? ''
    return `found no matching overload for '_[_]' applied to '(${celType(type)}, ${indexType(node, environment)})'`
  }
  if (summary.startsWith('Expression of type')) return `e${summary.slice(1).replace(/\.$/, '')}`
  const operator = /^no such overload: (.+) (==|!=|<=|>=|[<>+*/%-]|in) (.+)$/.exec(summary)
  if (operator !== null) {
    const [, left = '', sign = '', right = ''] = operator
    return `found no matching overload for '${sign === 'in' ? '@in' : `_${sign}_`}' applied to '(${celType(left)}, ${celType(right)})'`
  }
  const call = /^found no matching overload for '(?:(.+)\.)?(\w+)\((.*)\)'$/.exec(summary)
  if (call === null) return summary
  const [, receiver, name = '', args = ''] = call
  if (!environment.getDefinitions().functions.some((each) => each.name === name))
    return `undeclared reference to '${name}' (in container '')`
  return `found no matching overload for '${name}' applied to '${receiver === undefined ? '' : `${celType(receiver)}.`}(${celType(args)})'`
}

/** Of the index in `list[index]`. */
function indexType(node: unknown, environment: Environment): string {
  const index = (node as ASTNode | undefined)?.args as readonly [ASTNode, ASTNode] | undefined
  const text = index?.[1] === undefined ? '' : index[1].input.slice(index[1].start, index[1].end)
  return celType(environment.check(text).type ?? 'dyn')
}

function celType(name: string): string {
  return name.replace(/list<([^<>]*)>/g, 'list($1)').replace(/map<([^<>]*)>/g, 'map($1)')
}

/** The evaluator takes `has()` of any field; cel-go knows which fields there are. Variables of macros are not followed. */
function undefinedFieldInHas(node: unknown, environment: Environment, expression: string): string | undefined {
  if (Array.isArray(node)) {
    for (const each of node) {
      const found = undefinedFieldInHas(each, environment, expression)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (!isNode(node)) return undefined
  const field = node.op === 'call' && node.args[0] === 'has' ? node.args[1][0] : undefined
  if (field === undefined) return undefinedFieldInHas(node.args, environment, expression)
  const checked = environment.check(expression.slice(field.start, field.end))
  if (checked.valid || checked.error?.code !== 'no_such_key') return undefined
  const place = expression.indexOf('(', node.start)
  const name = checked.error.summary.replace(/^No such key: /, '')
  return formatError(expression, place, `undefined field '${name}'`)
}

/** A pattern, duration or time that is written out, and is none. */
function faultyLiteral(node: unknown): { readonly at: number; readonly words: string } | undefined {
  if (Array.isArray(node)) {
    for (const each of node) {
      const found = faultyLiteral(each)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (!isNode(node)) return undefined
  const name = node.op === 'call' || node.op === 'rcall' ? String(node.args[0]).replace(MATCHES, 'matches') : ''
  const [given] = node.op === 'rcall' ? node.args[2] : node.op === 'call' ? node.args[1] : []
  const isFaulty = given?.op === 'value' && typeof given.args === 'string' && IS_FAULTY[name]?.(given.args) === true
  return isFaulty ? { at: given.start, words: `invalid ${name} argument` } : faultyLiteral(node.args)
}

const IS_FAULTY: Readonly<Record<string, (text: string) => boolean>> = {
  matches: (pattern) => {
    try {
      compileRegularExpression(pattern)
      return false
    } catch {
      return true
    }
  },
  duration: (text) => parseGoDuration(text) === undefined,
  timestamp: (text) => Number.isNaN(new Date(text).getTime()),
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value
}

function mentions(node: unknown, name: string): boolean {
  if (Array.isArray(node)) return node.some((each) => mentions(each, name))
  if (typeof node !== 'object' || node === null || !('op' in node) || !('args' in node)) return false
  return node.op === 'id' ? node.args === name : mentions(node.args, name)
}

/** Why a rule could not be evaluated, in cel-go's words. */
export function evaluationMessage(error: unknown): string {
  if (error instanceof RuleError) return error.message
  const { code, summary } = error as Partial<EvaluationError>
  switch (code) {
    case 'no_such_key':
      return (summary ?? '').replace(/^No/, 'no')
    case 'index_out_of_bounds':
      return `index out of bounds: ${/index (-?\d+)/.exec(summary ?? '')?.[1] ?? ''}`
    case 'modulo_by_zero':
      return 'modulus by zero'
    case 'numeric_overflow':
      return 'integer overflow'
    case 'optional_value_missing':
      return 'optional.none() dereference'
    case 'no_such_overload':
    case 'no_matching_overload':
      return 'no such overload'
    default:
      return summary ?? String(error)
  }
}
