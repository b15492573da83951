import type { Environment } from '@marcbachmann/cel-js'
import { evaluateBounded, MAX_EVALUATION_MS } from '../../schema/bounded-evaluation.ts'
import { conditionFault, evaluationMessage, parseExpression } from '../../schema/cel/compiled-rule.ts'
import { createEnvironment } from '../../schema/cel/environment.ts'
import type { MatchCondition } from './webhook-configuration.ts'

export type Matched = { readonly matches: boolean } | { readonly error: string }

const VARIABLES = ['object', 'oldObject', 'request', 'namespaceObject', 'authorizer'] as const

/** Null where there is none: of a creation, oldObject. What is left out is null in kube-apiserver too, or refused with the configuration. */
export type MatchVariables = Readonly<Record<'object' | 'oldObject' | 'request', unknown>>

/** All must hold; one that is false wins over one that fails. source: apiserver plugin/webhook/matchconditions */
export function evaluateConditions(conditions: readonly MatchCondition[], variables: MatchVariables): Matched {
  const error = `validation failed due to running out of cost budget: the match conditions took longer than ${MAX_EVALUATION_MS} ms`
  return evaluateBounded(() => evaluateAll(conditions, variables)) ?? { error }
}

function evaluateAll(conditions: readonly MatchCondition[], variables: MatchVariables): Matched {
  const context = Object.fromEntries(
    VARIABLES.map((name) => [name, asCel((variables as Readonly<Record<string, unknown>>)[name])]),
  )
  const errors: string[] = []
  for (const { expression } of conditions) {
    try {
      if (compile(expression)(context) === false) return { matches: false }
    } catch (error) {
      errors.push(`expression '${expression}' resulted in error: ${evaluationMessage(error)}`)
    }
  }
  if (errors.length === 0) return { matches: true }
  return { error: errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]` }
}

/** Compiled expressions; the oldest goes when there are too many. */
const compiled = new Map<string, ParseResult>()
const MAX_COMPILED = 256
let environment: Environment | undefined

type ParseResult = ReturnType<Environment['parse']>

function compile(expression: string): ParseResult {
  const known = compiled.get(expression)
  if (known !== undefined) return known
  const result = parseExpression(environmentOfConditions(), expression)
  if (compiled.size >= MAX_COMPILED) compiled.delete(compiled.keys().next().value as string)
  compiled.set(expression, result)
  return result
}

function environmentOfConditions(): Environment {
  if (environment !== undefined) return environment
  environment = createEnvironment()
  for (const name of VARIABLES) environment.registerVariable(name, 'dyn')
  return environment
}

/** Why an expression can be no match condition, as configurations are refused; undefined: it can. */
export function matchConditionFault(expression: string): string | undefined {
  const fault = conditionFault(environmentOfConditions(), expression)
  if (fault !== undefined && fault !== NO_BOOLEAN) return fault
  const { type = 'dyn' } = environmentOfConditions().parse(expression).check()
  return type === 'bool' ? undefined : `${NO_BOOLEAN} but got ${celGoType(type)}`
}

const NO_BOOLEAN = 'must evaluate to bool'

function celGoType(type: string): string {
  if (type === 'null') return 'null_type'
  return type
    .replaceAll('<', '(')
    .replaceAll('>', ')')
    .replace(/\b[KTV]\b/g, 'dyn')
}

/** JSON's whole numbers are CEL's integers. */
function asCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(asCel)
  if (typeof value !== 'object' || value === null) return value ?? null
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, asCel(each)]))
}
