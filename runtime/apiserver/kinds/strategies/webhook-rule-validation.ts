import type { FieldError } from '../../field-error.ts'
import type { JsonObject } from '../../json.ts'
import { invalidValue, notSupported, required } from './field-errors.ts'
import { textsIn } from './json-parts.ts'

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const SCOPES = ['*', 'Cluster', 'Namespaced']

/** Which requests a webhook is for. source: pkg/apis/admissionregistration/validation validateRuleWithOperations */
export function ruleFaults(rule: JsonObject, field: string): FieldError[] {
  const { scope } = rule
  return [
    ...listFaults(rule, 'operations', field, 'operations'),
    ...textsIn(rule, 'operations').flatMap((operation, index) =>
      OPERATIONS.includes(operation) ? [] : [notSupported(`${field}.operations[${index}]`, operation, OPERATIONS)],
    ),
    ...listFaults(rule, 'apiGroups', field, 'API groups'),
    ...listFaults(rule, 'apiVersions', field, 'API versions'),
    ...emptyFaults(textsIn(rule, 'apiVersions'), `${field}.apiVersions`),
    ...resourceFaults(textsIn(rule, 'resources'), `${field}.resources`),
    ...(scope === undefined || SCOPES.includes(String(scope)) ? [] : [notSupported(`${field}.scope`, scope, SCOPES)]),
  ]
}

function listFaults(rule: JsonObject, key: string, field: string, what: string): FieldError[] {
  const values = textsIn(rule, key)
  if (values.length === 0) return [required(`${field}.${key}`)]
  if (values.length === 1 || !values.includes('*')) return []
  return [invalidValue(`${field}.${key}`, values, `if '*' is present, must not specify other ${what}`)]
}

function emptyFaults(values: readonly string[], field: string): FieldError[] {
  return values.flatMap((value, index) => (value === '' ? [required(`${field}[${index}]`)] : []))
}

function resourceFaults(resources: string[], field: string): FieldError[] {
  if (resources.length === 0) return [required(field)]
  // Of those with and without a subresource, the last one that has none counts, as in kube-apiserver.
  const last = resources.findLast((each) => each !== '' && !each.includes('/'))
  const isDoubled = resources.includes('*') && last !== undefined && last !== '*'
  return [
    ...resources.flatMap((resource, index) => {
      if (resource === '') return [required(`${field}[${index}]`)]
      const covering = coveringOf(resource, resources.slice(0, index))
      const detail = `is present, must not specify ${resource}`
      return covering.map((each) => invalidValue(`${field}[${index}]`, resource, `if '${each}' ${detail}`))
    }),
    ...(resources.length > 1 && resources.includes('*/*')
      ? [invalidValue(field, resources, "if '*/*' is present, must not specify other resources")]
      : []),
    ...(isDoubled
      ? [invalidValue(field, resources, "if '*' is present, must not specify other resources without subresources")]
      : []),
  ]
}

/** Those before it that a subresource is part of. */
function coveringOf(resource: string, before: readonly string[]): string[] {
  const [plural, subresource] = resource.split(/\/(.*)/s, 2)
  if (subresource === undefined) return []
  return [`${plural}/*`, `*/${subresource}`].filter((each) => before.includes(each))
}
