import { type CompiledExpression, type ExpressionContext, expressionFailure } from './compiled-expression.ts'

export type Matched = { readonly matches: boolean } | { readonly error: string }

/** All must hold; one that is false wins over one that fails. source: apiserver plugin/webhook/matchconditions */
export function matchConditions(conditions: readonly CompiledExpression[], context: ExpressionContext): Matched {
  const errors: string[] = []
  for (const { expression, run } of conditions) {
    try {
      if (run(context) === false) return { matches: false }
    } catch (error) {
      errors.push(expressionFailure(expression, error))
    }
  }
  if (errors.length === 0) return { matches: true }
  return { error: errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]` }
}
