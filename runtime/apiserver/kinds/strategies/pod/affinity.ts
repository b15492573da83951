import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { invalidValue, required } from '../field-errors.ts'
import { eachObject, numberIn, objectIn, optionalObjectIn, textIn, textsIn } from '../json-parts.ts'
import { checkLabelSelector } from '../label-selector-validation.ts'
import { checkName, labelName, qualifiedName } from '../names.ts'
import { checkMatchLabelKeys } from './match-label-keys.ts'
import { checkNodeSelector, checkNodeSelectorTerm } from './node-selector.ts'

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution'
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution'

/** source: kubernetes pkg/apis/core/validation, validateAffinity */
export function checkAffinity(affinity: JsonObject, field: string): FieldError[] {
  return [
    ...checkNodeAffinity(objectIn(affinity, 'nodeAffinity'), `${field}.nodeAffinity`),
    ...['podAffinity', 'podAntiAffinity'].flatMap((key) =>
      checkPodAffinity(objectIn(affinity, key), `${field}.${key}`),
    ),
  ]
}

function checkNodeAffinity(affinity: JsonObject, field: string): FieldError[] {
  const selector = optionalObjectIn(affinity, REQUIRED)
  return [
    ...(selector === undefined ? [] : checkNodeSelector(selector, `${field}.${REQUIRED}`)),
    ...eachObject(affinity, PREFERRED, field, (term, at) => [
      ...checkWeight(term, at),
      ...checkNodeSelectorTerm(objectIn(term, 'preference'), `${at}.preference`, false),
    ]),
  ]
}

function checkPodAffinity(affinity: JsonObject, field: string): FieldError[] {
  return [
    ...eachObject(affinity, REQUIRED, field, checkPodTerm),
    ...eachObject(affinity, PREFERRED, field, (term, at) => [
      ...checkWeight(term, at),
      ...checkPodTerm(objectIn(term, 'podAffinityTerm'), `${at}.podAffinityTerm`),
    ]),
  ]
}

function checkPodTerm(term: JsonObject, field: string): FieldError[] {
  const topologyKey = textIn(term, 'topologyKey')
  return [
    ...['labelSelector', 'namespaceSelector'].flatMap((key) =>
      checkLabelSelector(optionalObjectIn(term, key), `${field}.${key}`),
    ),
    ...textsIn(term, 'namespaces').flatMap((name) => checkName(name, `${field}.namespace`, labelName)),
    ...checkMatchLabelKeys(term, field),
    ...(topologyKey === '' ? [required(`${field}.topologyKey`, 'can not be empty')] : []),
    ...checkName(topologyKey, `${field}.topologyKey`, qualifiedName),
  ]
}

function checkWeight(term: JsonObject, field: string): FieldError[] {
  const weight = numberIn(term, 'weight')
  return weight >= 1 && weight <= 100 ? [] : [invalidValue(`${field}.weight`, weight, 'must be in the range 1-100')]
}
