import type { Environment } from '@marcbachmann/cel-js'
import { evaluateBounded, MAX_EVALUATION_MS } from '../../schema/bounded-evaluation.ts'
import { celValue, createAdmissionEnvironment } from '../expressions/admission-environment.ts'
import { type CompiledExpression, compileExpression } from '../expressions/compiled-expression.ts'
import { type Matched, matchConditions } from '../expressions/match-conditions.ts'
import type { MatchCondition } from './webhook-configuration.ts'

/** Null where there is none: of a creation, oldObject. */
export type MatchVariables = Readonly<Record<'object' | 'oldObject' | 'request', unknown>>

/** Whether a webhook is to be called. The namespace is null in kube-apiserver too. */
export function evaluateConditions(conditions: readonly MatchCondition[], variables: MatchVariables): Matched {
  const error = `validation failed due to running out of cost budget: the match conditions took longer than ${MAX_EVALUATION_MS} ms`
  const matched = evaluateBounded(() => {
    const { object, oldObject, request } = variables
    const context = { object: celValue(object), oldObject: celValue(oldObject), request: celValue(request) }
    const compiled = conditions.map(({ expression }) => compile(expression))
    return matchConditions(compiled, { ...context, namespaceObject: null, authorizer: null })
  })
  return matched ?? { error }
}

/** Compiled expressions; the oldest goes when there are too many. */
const known = new Map<string, CompiledExpression>()
const MAX_COMPILED = 256
let environment: Environment | undefined

function compile(expression: string): CompiledExpression {
  const found = known.get(expression)
  if (found !== undefined) return found
  environment ??= createAdmissionEnvironment({ hasAuthorizer: true })
  const compiled = compileExpression(environment, expression)
  if (known.size >= MAX_COMPILED) known.delete(known.keys().next().value as string)
  known.set(expression, compiled)
  return compiled
}
