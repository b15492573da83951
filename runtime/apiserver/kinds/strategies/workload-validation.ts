import type { FieldError } from '../../field-error.ts'
import { type ApiObject, isJsonObject, type JsonObject, type JsonValue } from '../../json.ts'
import { checkClaimSpec } from './claim-validation.ts'
import {
  checkNotNegative,
  checkOneOfOptional,
  forbiddenField,
  IMMUTABLE,
  invalidValue,
  notSupported,
  required,
} from './field-errors.ts'
import {
  eachObject,
  isSame,
  jsonOf,
  mapIn,
  numberIn,
  objectIn,
  objectsIn,
  optionalObjectIn,
  sortKeys,
  textIn,
} from './json-parts.ts'
import { checkLabelSelector, isEmptySelector, selects } from './label-selector-validation.ts'
import { checkName, labelName } from './names.ts'
import { checkPodTemplate, checkRestartsAlways } from './pod/pod-template.ts'
import { templateLabelsOf } from './prepare.ts'

const TEMPLATE = 'spec.template'
const MISMATCH = '`selector` does not match template `labels`'

/** source of all: kubernetes pkg/apis/apps/validation */
export function validateDeployment(deployment: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(deployment), 'spec')
  const deadline = spec.progressDeadlineSeconds
  const isShort = typeof deadline === 'number' && deadline <= numberIn(spec, 'minReadySeconds')
  return [
    ...checkNotNegative(spec.replicas, 'spec.replicas'),
    ...selectorFaults(spec, 'deployment'),
    ...templateFaults(spec, 'ReplicaSet'),
    ...rollingUpdateFaults(spec),
    ...['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'].flatMap((key) =>
      checkNotNegative(spec[key], `spec.${key}`),
    ),
    ...(isShort
      ? [invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')]
      : []),
  ]
}

export function validateReplicaSet(replicaSet: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(replicaSet), 'spec')
  return [
    ...['replicas', 'minReadySeconds'].flatMap((key) => checkNotNegative(spec[key], `spec.${key}`)),
    ...selectorFaults(spec, 'deployment'),
    ...templateFaults(spec, 'ReplicaSet'),
  ]
}

/** source: kubernetes pkg/apis/core/validation, ValidateReplicationControllerSpec */
export function validateReplicationController(controller: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(controller), 'spec')
  const selector = mapIn(spec, 'selector')
  const template = optionalObjectIn(spec, 'template')
  const isMatched = Object.entries(selector).every(([key, value]) => templateLabelsOf(spec)[key] === value)
  return [
    ...checkNotNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...(Object.keys(selector).length === 0 ? [required('spec.selector')] : []),
    ...checkNotNegative(spec.replicas, 'spec.replicas'),
    ...(template === undefined ? [required(TEMPLATE)] : []),
    ...(template !== undefined && Object.keys(selector).length > 0 && !isMatched ? [mismatch(spec)] : []),
    ...(template === undefined ? [] : checkPodTemplate(template, TEMPLATE)),
    ...(template === undefined ? [] : checkRestartsAlways(template, TEMPLATE, 'ReplicationController')),
  ]
}

export function validateDaemonSet(daemonSet: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(daemonSet), 'spec')
  const selector = optionalObjectIn(spec, 'selector')
  return [
    ...checkLabelSelector(selector, 'spec.selector'),
    ...(checkLabelSelector(selector, '').length > 0 || selects(spec, 'selector', templateLabelsOf(spec))
      ? []
      : [mismatch(spec)]),
    ...(selector !== undefined && isEmptySelector(selector)
      ? [invalidValue('spec.selector', selector, 'empty selector is invalid for daemonset')]
      : []),
    ...checkPodTemplate(objectIn(spec, 'template'), TEMPLATE),
    ...checkRestartsAlways(objectIn(spec, 'template'), TEMPLATE, 'DaemonSet'),
    ...checkNotNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...daemonStrategyFaults(objectIn(spec, 'updateStrategy')),
    ...checkNotNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
  ]
}

export function validateStatefulSet(statefulSet: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(statefulSet), 'spec')
  const policy = textIn(spec, 'podManagementPolicy')
  const serviceName = textIn(spec, 'serviceName')
  const selector = optionalObjectIn(spec, 'selector')
  return [
    ...(['OrderedReady', 'Parallel'].includes(policy)
      ? []
      : [invalidValue('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")]),
    ...statefulStrategyFaults(objectIn(spec, 'updateStrategy')),
    ...['whenDeleted', 'whenScaled'].flatMap((key) => {
      const field = 'spec.persistentVolumeClaimRetentionPolicy'
      const retention = textIn(objectIn(spec, 'persistentVolumeClaimRetentionPolicy'), key)
      return checkOneOfOptional(retention, `${field}.${key}`, ['Retain', 'Delete'])
    }),
    ...eachObject(spec, 'volumeClaimTemplates', 'spec', (claim, at) =>
      checkClaimSpec(objectIn(claim, 'spec'), `${at}.spec`),
    ),
    ...checkNotNegative(objectIn(spec, 'ordinals').start, 'spec.ordinals.start'),
    ...['replicas', 'minReadySeconds'].flatMap((key) => checkNotNegative(spec[key], `spec.${key}`)),
    ...(serviceName === '' ? [] : checkName(serviceName, 'spec.serviceName', labelName)),
    ...(selector === undefined ? [required('spec.selector')] : checkLabelSelector(selector, 'spec.selector')),
    ...(selector !== undefined && isEmptySelector(selector)
      ? [invalidValue('spec.selector', selector, 'empty selector is invalid for statefulset')]
      : []),
    ...statefulTemplateFaults(spec, selector),
    ...checkRestartsAlways(objectIn(spec, 'template'), TEMPLATE, 'StatefulSet'),
  ]
}

const STATEFUL_MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]

export function validateStatefulSetUpdate(statefulSet: ApiObject, old: ApiObject): FieldError[] {
  const rest = withoutMutable(objectIn(jsonOf(statefulSet), 'spec'))
  const before = withoutMutable(objectIn(jsonOf(old), 'spec'))
  const named = STATEFUL_MUTABLE.map((field) => `'${field}'`)
  const list = `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`
  // Templates of claims were checked when they came, and cannot change.
  const faults = validateStatefulSet(statefulSet).filter(
    (fault) => !fault.field.startsWith('spec.volumeClaimTemplates'),
  )
  return [
    ...faults,
    ...(isSame(rest, before) && isSame(selectingClaims(rest), selectingClaims(before))
      ? []
      : [forbiddenField('spec', `updates to statefulset spec for fields other than ${list} are forbidden`)]),
  ]
}

/** A selector stays what it was: pods would be orphaned otherwise. */
export function immutableSelector(validate: (object: ApiObject) => FieldError[], isFirst = false) {
  return (object: ApiObject, old: ApiObject): FieldError[] => {
    const now = objectIn(jsonOf(object), 'spec').selector
    const before = objectIn(jsonOf(old), 'spec').selector
    const faults = isSame(now, before) ? [] : [invalidValue('spec.selector', now ?? null, IMMUTABLE)]
    return isFirst ? [...faults, ...validate(object)] : [...validate(object), ...faults]
  }
}

const READINESS = ['readyReplicas', 'availableReplicas']

export const validateDeploymentStatus = replicaCounts(
  ['observedGeneration', 'replicas', 'updatedReplicas', ...READINESS, 'unavailableReplicas', 'terminatingReplicas'],
  ['updatedReplicas', ...READINESS],
)

export const validateReplicaSetStatus = replicaCounts(
  ['replicas', 'fullyLabeledReplicas', ...READINESS, 'observedGeneration', 'terminatingReplicas'],
  ['fullyLabeledReplicas', ...READINESS],
)

export const validateStatefulSetStatus = replicaCounts(
  ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas', 'observedGeneration'],
  ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'],
  'status.readyReplicas',
)

export const validateDaemonSetStatus = replicaCounts([
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
])

/** Counts of a status: none negative, of the second none above `replicas`; nor as many available as are not ready. */
function replicaCounts(counts: readonly string[], parts: readonly string[] = [], ready = 'readyReplicas') {
  return (object: ApiObject): FieldError[] => {
    const status = objectIn(jsonOf(object), 'status')
    const above = parts.filter((key) => numberIn(status, key) > numberIn(status, 'replicas'))
    const available = numberIn(status, 'availableReplicas')
    return [
      ...counts.flatMap((key) => checkNotNegative(status[key], `status.${key}`)),
      ...above.map((key) =>
        invalidValue(`status.${key}`, numberIn(status, key), 'cannot be greater than status.replicas'),
      ),
      ...(parts.length > 0 && available > numberIn(status, 'readyReplicas')
        ? [invalidValue('status.availableReplicas', available, `cannot be greater than ${ready}`)]
        : []),
    ]
  }
}

function selectorFaults(spec: JsonObject, kind: string): FieldError[] {
  const selector = optionalObjectIn(spec, 'selector')
  if (selector === undefined) return [required('spec.selector')]
  const faults = checkLabelSelector(selector, 'spec.selector')
  if (isEmptySelector(selector))
    faults.push(invalidValue('spec.selector', selector, `empty selector is invalid for ${kind}`))
  return faults
}

function templateFaults(spec: JsonObject, kind: string): FieldError[] {
  const selector = optionalObjectIn(spec, 'selector')
  // A selector that cannot be read is told so, and nothing after it is looked at.
  if (selector !== undefined && checkLabelSelector(selector, '').length > 0)
    return [invalidValue('spec.selector', selector, 'invalid label selector')]
  const isChecked = selector === undefined || !isEmptySelector(selector)
  return [
    ...(isChecked && !selects(spec, 'selector', templateLabelsOf(spec)) ? [mismatch(spec)] : []),
    ...checkPodTemplate(objectIn(spec, 'template'), TEMPLATE),
    ...checkRestartsAlways(objectIn(spec, 'template'), TEMPLATE, kind),
  ]
}

/** A selector that cannot be read is told so, and the template is not looked at. */
function statefulTemplateFaults(spec: JsonObject, selector: JsonObject | undefined): FieldError[] {
  if (selector !== undefined && checkLabelSelector(selector, '').length > 0)
    return [invalidValue('spec.selector', selector, '')]
  const isEmpty = selector !== undefined && isEmptySelector(selector)
  const isMatched = isEmpty || selects(spec, 'selector', templateLabelsOf(spec))
  return [...(isMatched ? [] : [mismatch(spec)]), ...checkPodTemplate(withClaims(spec), TEMPLATE)]
}

function statefulStrategyFaults(strategy: JsonObject): FieldError[] {
  const type = textIn(strategy, 'type')
  const { rollingUpdate } = strategy
  const field = 'spec.updateStrategy'
  const partition = objectIn(strategy, 'rollingUpdate').partition ?? 0
  const shown = isJsonObject(rollingUpdate) ? { Partition: partition, MaxUnavailable: null } : null
  switch (type) {
    case '':
      return [required(field)]
    case 'OnDelete':
      return shown === null
        ? []
        : [invalidValue(`${field}.rollingUpdate`, shown, "only allowed for updateStrategy 'RollingUpdate'")]
    case 'RollingUpdate':
      return checkNotNegative(partition, `${field}.rollingUpdate.partition`)
    default:
      return [invalidValue(field, { Type: type, RollingUpdate: shown }, "must be 'RollingUpdate' or 'OnDelete'")]
  }
}

function mismatch(spec: JsonObject): FieldError {
  const labels = mapIn(objectIn(objectIn(spec, 'template'), 'metadata'), 'labels')
  return invalidValue(
    'spec.template.metadata.labels',
    Object.keys(labels).length === 0 ? null : sortKeys(labels),
    MISMATCH,
  )
}

function rollingUpdateFaults(spec: JsonObject): FieldError[] {
  const strategy = objectIn(spec, 'strategy')
  const type = textIn(strategy, 'type')
  const update = optionalObjectIn(strategy, 'rollingUpdate')
  const field = 'spec.strategy.rollingUpdate'
  if (type === 'Recreate')
    return update === undefined
      ? []
      : [forbiddenField(field, "may not be specified when strategy `type` is 'Recreate'")]
  if (type !== 'RollingUpdate')
    return [notSupported('spec.strategy', internalStrategy(strategy), ['Recreate', 'RollingUpdate'])]
  const { maxUnavailable = 0, maxSurge = 0 } = update ?? {}
  const isStuck = amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0
  return [
    ...checkIntOrPercent(maxUnavailable, `${field}.maxUnavailable`),
    ...checkIntOrPercent(maxSurge, `${field}.maxSurge`),
    ...(isStuck ? [invalidValue(`${field}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')] : []),
    ...atMost100(maxUnavailable, `${field}.maxUnavailable`),
  ]
}

function daemonStrategyFaults(strategy: JsonObject): FieldError[] {
  const type = textIn(strategy, 'type')
  if (type === 'OnDelete') return []
  if (type !== 'RollingUpdate')
    return [notSupported('spec.updateStrategy', internalStrategy(strategy), ['RollingUpdate', 'OnDelete'])]
  const field = 'spec.updateStrategy.rollingUpdate'
  const { maxUnavailable = 0, maxSurge = 0 } = objectIn(strategy, 'rollingUpdate')
  const both = amountOf(maxUnavailable) !== 0 && amountOf(maxSurge) !== 0
  const none = amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0
  return [
    ...checkIntOrPercent(maxUnavailable, `${field}.maxUnavailable`),
    ...checkIntOrPercent(maxSurge, `${field}.maxSurge`),
    ...atMost100(maxUnavailable, `${field}.maxUnavailable`),
    ...atMost100(maxSurge, `${field}.maxSurge`),
    ...(both ? [invalidValue(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero')] : []),
    ...(none ? [required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0')] : []),
  ]
}

/** As kube-apiserver has it in memory, and shows it. */
function internalStrategy(strategy: JsonObject): JsonObject {
  const update = optionalObjectIn(strategy, 'rollingUpdate')
  const { maxUnavailable = 0, maxSurge = 0 } = update ?? {}
  const shown = update === undefined ? null : { MaxUnavailable: maxUnavailable, MaxSurge: maxSurge }
  return { Type: textIn(strategy, 'type'), RollingUpdate: shown }
}

export function checkIntOrPercent(value: JsonValue, field: string): FieldError[] {
  if (typeof value === 'number') return checkNotNegative(value, field)
  if (typeof value === 'string' && /^[0-9]+%$/.test(value)) return []
  const words = "a valid percent string must be a numeric string followed by an ending '%'"
  return [invalidValue(field, value, `${words} (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')`)]
}

export function atMost100(value: JsonValue, field: string): FieldError[] {
  return typeof value === 'string' && amountOf(value) > 100
    ? [invalidValue(field, value, 'must not be greater than 100%')]
    : []
}

function amountOf(value: JsonValue): number {
  return typeof value === 'number' ? value : Number.parseInt(String(value), 10) || 0
}

/** The claims of a StatefulSet are volumes of its pods. */
function withClaims(spec: JsonObject): JsonObject {
  const template = structuredClone(objectIn(spec, 'template'))
  const pod = objectIn(template, 'spec')
  const claims = objectsIn(spec, 'volumeClaimTemplates').map((claim) => textIn(objectIn(claim, 'metadata'), 'name'))
  const own = objectsIn(pod, 'volumes').filter((volume) => !claims.includes(textIn(volume, 'name')))
  pod.volumes = [...[...new Set(claims)].map((name) => ({ name, persistentVolumeClaim: { claimName: name } })), ...own]
  return template
}

/** An empty selector is not none: which templates of claims have one. */
function selectingClaims(spec: JsonObject): boolean[] {
  return objectsIn(spec, 'volumeClaimTemplates').map(
    (claim) => optionalObjectIn(objectIn(claim, 'spec'), 'selector') !== undefined,
  )
}

function withoutMutable(spec: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(spec).filter(([field]) => !STATEFUL_MUTABLE.includes(field)))
}
