import { evaluationMessage } from '../../schema/cel/compiled-rule.ts'
import { RuleError } from '../../schema/cel/library.ts'
import {
  type CompiledExpression,
  compileExpression,
  type ExpressionContext,
} from '../expressions/compiled-expression.ts'
import type { Policy, Validation } from './policy.ts'
import { createPolicyEnvironments } from './policy-environments.ts'

export interface CompiledValidation {
  readonly validation: Validation
  readonly condition: CompiledExpression
  readonly message: CompiledExpression | undefined
}

/** A policy's expressions, ready to be evaluated. */
export interface CompiledPolicy {
  readonly conditions: readonly CompiledExpression[]
  readonly validations: readonly CompiledValidation[]
  readonly auditAnnotations: readonly CompiledExpression[]
  /** With the policy's variables, each evaluated when it is named first. */
  withVariables(context: ExpressionContext): ExpressionContext
}

/** Compiled once as long as the policy stays. */
const compiled = new WeakMap<Policy, CompiledPolicy>()

/** errors: those of parsing, which a policy that was validated does not have */
export function compilePolicy(policy: Policy): CompiledPolicy {
  const known = compiled.get(policy)
  if (known !== undefined) return known
  const { matchConditions = [], variables = [], validations = [], auditAnnotations = [] } = policy.spec
  const environments = createPolicyEnvironments(policy.spec)
  const ownVariables = variables.map(({ name, expression }, index): readonly [string, CompiledExpression] => [
    name,
    // There is one environment for each.
    compileExpression(environments.variables[index] ?? environments.conditions, expression),
  ])
  const made: CompiledPolicy = {
    conditions: matchConditions.map(({ expression }) => compileExpression(environments.conditions, expression)),
    validations: validations.map((validation) => ({
      validation,
      condition: compileExpression(environments.validations, validation.expression),
      message: validation.messageExpression
        ? compileExpression(environments.messages, validation.messageExpression)
        : undefined,
    })),
    auditAnnotations: auditAnnotations.map(({ valueExpression }) =>
      compileExpression(environments.validations, valueExpression),
    ),
    withVariables: (context) => withVariables(context, ownVariables),
  }
  compiled.set(policy, made)
  return made
}

function withVariables(
  outer: ExpressionContext,
  own: readonly (readonly [string, CompiledExpression])[],
): ExpressionContext {
  const variables = {}
  const context = { ...outer, variables }
  for (const [name, expression] of own)
    Object.defineProperty(variables, name, {
      configurable: true,
      get: once(() => evaluateVariable(name, expression, context)),
    })
  return context
}

function evaluateVariable(name: string, { run }: CompiledExpression, context: ExpressionContext): unknown {
  try {
    return run(context)
  } catch (error) {
    throw new RuleError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${evaluationMessage(error)}`)
  }
}

function once(evaluate: () => unknown): () => unknown {
  let value: { readonly is: unknown } | undefined
  return () => {
    value ??= { is: evaluate() }
    return value.is
  }
}
