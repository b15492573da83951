import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { invalidValue, notSupported, required } from './field-errors.ts'
import { isSame, jsonOf, listIn, objectIn, objectsIn, optionalObjectIn, textIn } from './json-parts.ts'
import { checkLabelSelector } from './label-selector-validation.ts'
import { checkName, pathName, subdomainName } from './names.ts'

const RBAC = 'rbac.authorization.k8s.io'

/** source of all: kubernetes pkg/apis/rbac/validation */
export function validateRole(role: ApiObject): FieldError[] {
  return objectsIn(jsonOf(role), 'rules').flatMap((rule, index) => ruleFaults(rule, true, `rules[${index}]`))
}

export function validateClusterRole(role: ApiObject): FieldError[] {
  const aggregation = optionalObjectIn(jsonOf(role), 'aggregationRule')
  const field = 'aggregationRule.clusterRoleSelectors'
  const selectors = objectsIn(aggregation ?? {}, 'clusterRoleSelectors')
  return [
    ...objectsIn(jsonOf(role), 'rules').flatMap((rule, index) => ruleFaults(rule, false, `rules[${index}]`)),
    ...(aggregation !== undefined && selectors.length === 0
      ? [required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil')]
      : []),
    ...selectors.flatMap((selector, index) => checkLabelSelector(selector, `${field}[${index}]`)),
  ]
}

export function validateBinding(kinds: readonly string[]) {
  return (binding: ApiObject): FieldError[] => [
    ...roleRefFaults(objectIn(jsonOf(binding), 'roleRef'), kinds),
    ...objectsIn(jsonOf(binding), 'subjects').flatMap((subject, index) =>
      subjectFaults(subject, kinds.length > 1, `subjects[${index}]`),
    ),
  ]
}

export function validateBindingUpdate(kinds: readonly string[]) {
  return (binding: ApiObject, old: ApiObject): FieldError[] => {
    const roleRef = objectIn(jsonOf(binding), 'roleRef')
    const isKept = isSame(roleRef, objectIn(jsonOf(old), 'roleRef'))
    const shown = { APIGroup: roleRef.apiGroup ?? '', Kind: roleRef.kind ?? '', Name: roleRef.name ?? '' }
    return [
      ...validateBinding(kinds)(binding),
      ...(isKept ? [] : [invalidValue('roleRef', shown, 'cannot change roleRef')]),
    ]
  }
}

function ruleFaults(rule: JsonObject, isNamespaced: boolean, field: string): FieldError[] {
  const faults: FieldError[] = []
  const has = (key: string) => listIn(rule, key).length > 0
  if (!has('verbs')) faults.push(required(`${field}.verbs`, 'verbs must contain at least one value'))
  if (has('nonResourceURLs')) {
    const urls = listIn(rule, 'nonResourceURLs')
    if (isNamespaced)
      faults.push(invalidValue(`${field}.nonResourceURLs`, urls, 'namespaced rules cannot apply to non-resource URLs'))
    else if (has('apiGroups') || has('resources') || has('resourceNames'))
      faults.push(
        invalidValue(
          `${field}.nonResourceURLs`,
          urls,
          'rules cannot apply to both regular resources and non-resource URLs',
        ),
      )
    return faults
  }
  if (!has('apiGroups'))
    faults.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'))
  if (!has('resources')) faults.push(required(`${field}.resources`, 'resource rules must supply at least one resource'))
  return faults
}

function roleRefFaults(reference: JsonObject, kinds: readonly string[]): FieldError[] {
  const group = textIn(reference, 'apiGroup')
  const kind = textIn(reference, 'kind')
  const name = textIn(reference, 'name')
  return [
    ...(group === RBAC ? [] : [notSupported('roleRef.apiGroup', group, [RBAC])]),
    ...(kinds.includes(kind) ? [] : [notSupported('roleRef.kind', kind, kinds)]),
    ...(name === '' ? [required('roleRef.name')] : checkName(name, 'roleRef.name', pathName)),
  ]
}

function subjectFaults(subject: JsonObject, isNamespaced: boolean, field: string): FieldError[] {
  const name = textIn(subject, 'name')
  const kind = textIn(subject, 'kind')
  const group = textIn(subject, 'apiGroup')
  const faults = name === '' ? [required(`${field}.name`)] : []
  if (kind === 'ServiceAccount') {
    if (name !== '') faults.push(...checkName(name, `${field}.name`, subdomainName))
    if (group !== '') faults.push(notSupported(`${field}.apiGroup`, group, ['']))
    if (!isNamespaced && textIn(subject, 'namespace') === '') faults.push(required(`${field}.namespace`))
  } else if (kind === 'User' || kind === 'Group') {
    if (group !== RBAC) faults.push(notSupported(`${field}.apiGroup`, group, [RBAC]))
  } else faults.push(notSupported(`${field}.kind`, kind, ['ServiceAccount', 'User', 'Group']))
  return faults
}
