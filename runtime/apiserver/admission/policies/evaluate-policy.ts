import { evaluateBounded } from '../../schema/bounded-evaluation.ts'
import { usableMessage } from '../../schema/cel/usable-message.ts'
import {
  type CompiledExpression,
  type ExpressionContext,
  expressionFailure,
} from '../expressions/compiled-expression.ts'
import { matchConditions } from '../expressions/match-conditions.ts'
import { type CompiledPolicy, type CompiledValidation, compilePolicy } from './compiled-policy.ts'
import type { Policy } from './policy.ts'

/** Why a policy does not hold. */
export interface Denial {
  readonly message: string
  /** A Status' reason; undefined: the expression itself failed, which is an Invalid. */
  readonly reason?: string
}

export interface PolicyOutcome {
  /** What the binding's actions are for. */
  readonly denials: readonly Denial[]
  /** Of audit annotations: they deny whatever the actions are. */
  readonly auditFailures: readonly Denial[]
}

const HOLDS: PolicyOutcome = { denials: [], auditFailures: [] }
const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run'

/**
 * Asks a policy about one request with one of its params. All of it may take as long as one object's rules.
 * source: apiserver plugin/policy/validating/validator.go
 * differs: audit annotations are evaluated but kept nowhere, as there is no audit log
 */
export function evaluatePolicy(policy: Policy, context: ExpressionContext): PolicyOutcome {
  const isStrict = policy.spec.failurePolicy === 'Fail'
  const failed = (message: string): PolicyOutcome => (isStrict ? { ...HOLDS, denials: [{ message }] } : HOLDS)
  const outcome = evaluateBounded(() => evaluate(compilePolicy(policy), context, isStrict))
  if (outcome === undefined) return failed(OUT_OF_BUDGET)
  return 'error' in outcome ? failed(outcome.error) : outcome
}

function evaluate(
  compiled: CompiledPolicy,
  outer: ExpressionContext,
  isStrict: boolean,
): PolicyOutcome | { readonly error: string } {
  const matched = matchConditions(compiled.conditions, { ...outer, namespaceObject: null })
  if ('error' in matched) return matched
  if (!matched.matches) return HOLDS
  const context = compiled.withVariables(outer)
  return {
    denials: compiled.validations.flatMap((each) => denialOf(each, context, isStrict) ?? []),
    auditFailures: compiled.auditAnnotations.flatMap((each) => auditFailureOf(each, context, isStrict) ?? []),
  }
}

function denialOf(
  { validation, condition, message }: CompiledValidation,
  context: ExpressionContext,
  isStrict: boolean,
): Denial | undefined {
  try {
    if (condition.run(context) === true) return undefined
  } catch (error) {
    return isStrict ? { message: expressionFailure(condition.expression, error) } : undefined
  }
  const own = (validation.message ?? '').trim() || `failed expression: ${validation.expression.trim()}`
  return { message: messageOf(message, context) ?? own, reason: validation.reason ?? 'Invalid' }
}

/** Undefined: none, or none that will do. */
function messageOf(message: CompiledExpression | undefined, context: ExpressionContext): string | undefined {
  try {
    return usableMessage(message?.run(context))
  } catch {
    return undefined
  }
}

function auditFailureOf(
  { expression, run }: CompiledExpression,
  context: ExpressionContext,
  isStrict: boolean,
): Denial | undefined {
  try {
    run(context)
    return undefined
  } catch (error) {
    return isStrict ? { message: expressionFailure(expression, error) } : undefined
  }
}
