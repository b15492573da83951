import type { Environment } from '@marcbachmann/cel-js'
import { evaluationMessage, parseExpression } from '../../schema/cel/compiled-rule.ts'

/** Values of the environment's variables. */
export type ExpressionContext = Readonly<Record<string, unknown>>

export interface CompiledExpression {
  readonly expression: string
  /** Throws what evaluationMessage() explains. */
  run(context: ExpressionContext): unknown
}

export function compileExpression(environment: Environment, expression: string): CompiledExpression {
  const parsed = parseExpression(environment, expression)
  return { expression, run: (context) => parsed(context) }
}

/** Why an expression could not be evaluated, as kube-apiserver tells it. */
export function expressionFailure(expression: string, error: unknown): string {
  return `expression '${expression}' resulted in error: ${evaluationMessage(error)}`
}
