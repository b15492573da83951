import type { FieldError } from '../../field-error.ts'
import type { ApiObject } from '../../json.ts'
import { checkNotNegative, forbiddenField, IMMUTABLE, invalidValue, notSupported } from './field-errors.ts'
import { jsonOf, numberIn, objectIn, optionalObjectIn, textIn } from './json-parts.ts'
import { checkLabelSelector } from './label-selector-validation.ts'
import { atMost100, checkIntOrPercent } from './workload-validation.ts'

/** Above it are the cluster's own. */
const MAX_PRIORITY = 1_000_000_000

export function validateDisruptionBudget(budget: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(budget), 'spec')
  const { minAvailable, maxUnavailable } = spec
  const shown = {
    MinAvailable: minAvailable ?? null,
    Selector: spec.selector ?? null,
    MaxUnavailable: maxUnavailable ?? null,
    UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
  }
  const both = minAvailable !== undefined && maxUnavailable !== undefined
  return [
    ...(both ? [invalidValue('spec', shown, 'minAvailable and maxUnavailable cannot be both set')] : []),
    ...['minAvailable', 'maxUnavailable'].flatMap((key) => {
      const value = spec[key]
      if (value === undefined) return []
      return [...checkIntOrPercent(value, `spec.${key}`), ...atMost100(value, `spec.${key}`)]
    }),
    ...checkLabelSelector(optionalObjectIn(spec, 'selector'), 'spec.selector'),
  ]
}

export function validatePriorityClass(priorityClass: ApiObject): FieldError[] {
  const value = numberIn(jsonOf(priorityClass), 'value')
  const policy = textIn(jsonOf(priorityClass), 'preemptionPolicy')
  const name = priorityClass.metadata.name ?? ''
  const policies = ['PreemptLowerPriority', 'Never']
  const faults: FieldError[] = []
  if (name.startsWith('system-') && !['system-node-critical', 'system-cluster-critical'].includes(name))
    faults.push(
      forbiddenField(
        'metadata.name',
        "priority class names with 'system-' prefix are reserved for system use only. error: ",
      ),
    )
  else if (value > MAX_PRIORITY && !name.startsWith('system-'))
    faults.push(forbiddenField('value', `maximum allowed value of a user defined priority is ${MAX_PRIORITY}`))
  if (!policies.includes(policy)) faults.push(notSupported('preemptionPolicy', policy, policies))
  return faults
}

export function validatePriorityClassUpdate(priorityClass: ApiObject, old: ApiObject): FieldError[] {
  return ['value', 'preemptionPolicy']
    .filter((field) => jsonOf(priorityClass)[field] !== jsonOf(old)[field])
    .map((field) =>
      field === 'value'
        ? forbiddenField('value', 'may not be changed in an update.')
        : invalidValue(field, jsonOf(priorityClass)[field], IMMUTABLE),
    )
}

export function validateLease(lease: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(lease), 'spec')
  const seconds = spec.leaseDurationSeconds
  const holder = spec.holderIdentity
  return [
    ...(typeof seconds === 'number' && seconds <= 0
      ? [invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0')]
      : []),
    ...checkNotNegative(spec.leaseTransitions, 'spec.leaseTransitions'),
    ...(spec.strategy !== undefined && holder === ''
      ? [invalidValue('spec.holderIdentity', '', 'must not be empty')]
      : []),
  ]
}
