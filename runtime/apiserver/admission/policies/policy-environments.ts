import type { Environment } from '@marcbachmann/cel-js'
import { expressionType } from '../../schema/cel/compiled-rule.ts'
import { createAdmissionEnvironment } from '../expressions/admission-environment.ts'
import type { PolicySpec, Variable } from './policy.ts'

/** What the expressions of a policy may name, by what they are for. */
export interface PolicyEnvironments {
  /** Of match conditions. */
  readonly conditions: Environment
  /** Of validations and audit annotations. */
  readonly validations: Environment
  /** Of message expressions. */
  readonly messages: Environment
  /** Of each variable, in their order: it may name those before it. */
  readonly variables: readonly Environment[]
}

/** Takes about a millisecond a variable, as each is of the type of its expression. */
export function createPolicyEnvironments({
  paramKind,
  variables = [],
}: Pick<PolicySpec, 'paramKind' | 'variables'>): PolicyEnvironments {
  const hasParams = paramKind !== undefined
  const own = { hasParams, hasAuthorizer: true }
  if (variables.length === 0) {
    const conditions = createAdmissionEnvironment(own)
    return { conditions, validations: conditions, messages: createAdmissionEnvironment({ hasParams }), variables: [] }
  }
  const types: Record<string, string> = {}
  const environments = variables.map((variable) => {
    const environment = createAdmissionEnvironment({ ...own, variables: types })
    types[variable.name] = typeOf(environment, variable)
    return environment
  })
  return {
    conditions: createAdmissionEnvironment(own),
    validations: createAdmissionEnvironment({ ...own, variables: types }),
    messages: createAdmissionEnvironment({ hasParams, variables: types }),
    variables: environments,
  }
}

const SCALAR = /^(bool|int|uint|double|string|bytes|google\.protobuf\.(Timestamp|Duration))$/

/** As a field's: of lists and maps no more than that they are. */
function typeOf(environment: Environment, { expression }: Variable): string {
  const type = expressionType(environment, expression)
  if (SCALAR.test(type)) return type
  if (type.startsWith('list<')) return 'list<dyn>'
  return type.startsWith('map<') ? 'map<dyn, dyn>' : 'dyn'
}
