import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { checkOneOfOptional, duplicate, invalidValue, notSupported, required } from '../field-errors.ts'
import { eachObject, numberIn, objectsIn, optionalObjectIn, textIn } from '../json-parts.ts'
import { checkLabelSelector } from '../label-selector-validation.ts'
import { checkMatchLabelKeys } from './match-label-keys.ts'

const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway']
const POLICIES = ['Honor', 'Ignore']
const POSITIVE = 'must be greater than zero'

/** source: kubernetes pkg/apis/core/validation, validateTopologySpreadConstraints */
export function checkTopologySpread(spec: JsonObject, field: string): FieldError[] {
  const kinds = objectsIn(spec, 'topologySpreadConstraints').map(kindOf)
  let index = 0
  return eachObject(spec, 'topologySpreadConstraints', field, (constraint, at) => {
    const isRepeated = kinds.indexOf(kindOf(constraint), ++index) !== -1
    const maxSkew = numberIn(constraint, 'maxSkew')
    const action = textIn(constraint, 'whenUnsatisfiable')
    return [
      ...(maxSkew > 0 ? [] : [invalidValue(`${at}.maxSkew`, maxSkew, POSITIVE)]),
      ...(textIn(constraint, 'topologyKey') === '' ? [required(`${at}.topologyKey`, 'can not be empty')] : []),
      ...(ACTIONS.includes(action) ? [] : [notSupported(`${at}.whenUnsatisfiable`, action, ACTIONS)]),
      ...(isRepeated ? [duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, kindOf(constraint))] : []),
      ...checkMinDomains(constraint, action, `${at}.minDomains`),
      ...['nodeAffinityPolicy', 'nodeTaintsPolicy'].flatMap((key) =>
        checkOneOfOptional(constraint[key], `${at}.${key}`, POLICIES),
      ),
      ...checkMatchLabelKeys(constraint, at),
      ...checkLabelSelector(optionalObjectIn(constraint, 'labelSelector'), `${at}.labelSelector`),
    ]
  })
}

/** Two of a kind contradict each other. */
function kindOf(constraint: JsonObject): string {
  return `{${textIn(constraint, 'topologyKey')}, ${textIn(constraint, 'whenUnsatisfiable')}}`
}

function checkMinDomains({ minDomains }: JsonObject, action: string, field: string): FieldError[] {
  if (typeof minDomains !== 'number') return []
  const text = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`
  return [
    ...(minDomains > 0 ? [] : [invalidValue(field, minDomains, POSITIVE)]),
    ...(action === 'DoNotSchedule' ? [] : [invalidValue(field, minDomains, text)]),
  ]
}
