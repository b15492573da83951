import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { checkContainers, checkInitContainers } from './container-validation.ts'
import { checkOneOf, duplicate, forbiddenField, invalidValue, notSupported, required } from './field-errors.ts'
import { isSame, jsonOf, mapIn, objectIn, objectsIn, textIn } from './json-parts.ts'
import { checkName, labelName, qualifiedName, subdomainName } from './names.ts'
import { checkAnnotations, checkLabels } from './object-meta.ts'
import { unifiedDiff } from './unified-diff.ts'
import { checkVolumes } from './volume-validation.ts'

const MAX_INT32 = 2_147_483_647
/** What may change in the spec of a Pod. */
const MUTABLE_FIELDS =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

export function validatePod(pod: ApiObject): FieldError[] {
  return checkPodSpec(objectIn(jsonOf(pod), 'spec'), 'spec')
}

/** source: kubernetes pkg/apis/core/validation, ValidatePodUpdate */
export function validatePodUpdate(pod: ApiObject, old: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(pod), 'spec')
  const before = objectIn(jsonOf(old), 'spec')
  const counts = ['containers', 'initContainers'].filter(
    (field) => objectsIn(spec, field).length !== objectsIn(before, field).length,
  )
  if (counts.length > 0)
    return counts.map((field) =>
      forbiddenField(
        `spec.${field}`,
        `pod updates may not add or remove ${field === 'containers' ? 'containers' : 'init containers'}`,
      ),
    )
  const faults = [...imageFaults(spec), ...deadlineFaults(spec, before), ...tolerationFaults(spec, before)]
  const clone = structuredClone(spec)
  for (const field of ['containers', 'initContainers'])
    objectsIn(clone, field).forEach((container, index) => {
      container.image = textIn(objectsIn(before, field)[index] as JsonObject, 'image')
    })
  for (const field of ['activeDeadlineSeconds', 'tolerations', 'schedulingGates']) copyField(clone, before, field)
  if (isGated(before)) for (const field of ['nodeSelector', 'affinity']) copyField(clone, before, field)
  return isSame(clone, before)
    ? faults
    : [...faults, forbiddenField('spec', `${MUTABLE_FIELDS}\n${unifiedDiff(before, clone)}`)]
}

export function validatePodStatusUpdate(pod: ApiObject, old: ApiObject): FieldError[] {
  const now = textIn(objectIn(jsonOf(pod), 'spec'), 'nodeName')
  const before = textIn(objectIn(jsonOf(old), 'spec'), 'nodeName')
  return now === before ? [] : [forbiddenField('status.nominatedNodeName', 'may not be changed directly')]
}

/** Of Pods and of templates. source: ValidatePodSpec, without what few ever set (see the list in validation.ts) */
function checkPodSpec(spec: JsonObject, field: string): FieldError[] {
  return [
    ...checkVolumes(objectsIn(spec, 'volumes'), `${field}.volumes`),
    ...checkContainers(spec, `${field}.containers`),
    ...checkInitContainers(spec, `${field}.initContainers`),
    ...checkOneOf(textIn(spec, 'restartPolicy'), `${field}.restartPolicy`, ['Always', 'OnFailure', 'Never']),
    ...checkOneOf(textIn(spec, 'dnsPolicy'), `${field}.dnsPolicy`, [
      'ClusterFirstWithHostNet',
      'ClusterFirst',
      'Default',
      'None',
    ]),
    ...checkLabels(mapIn(spec, 'nodeSelector'), `${field}.nodeSelector`),
    ...objectsIn(spec, 'imagePullSecrets').flatMap((secret, index) =>
      textIn(secret, 'name') === '' ? [required(`${field}.imagePullSecrets[${index}].name`)] : [],
    ),
    ...checkSchedulingGates(objectsIn(spec, 'schedulingGates'), `${field}.schedulingGates`),
    ...checkOptionalName(spec, 'serviceAccountName', field),
    ...checkOptionalName(spec, 'nodeName', field),
    ...deadlineRange(spec, field),
    ...['hostname', 'subdomain'].flatMap((key) => {
      const value = textIn(spec, key)
      return value === '' ? [] : checkName(value, `${field}.${key}`, labelName)
    }),
    ...checkTolerations(objectsIn(spec, 'tolerations'), `${field}.tolerations`),
    ...checkOptionalName(spec, 'priorityClassName', field),
    ...checkOptionalName(spec, 'runtimeClassName', field),
  ]
}

export function validatePodTemplate(podTemplate: ApiObject): FieldError[] {
  return checkPodTemplate(objectIn(jsonOf(podTemplate), 'template'), 'template')
}

export function checkPodTemplate(template: JsonObject, field: string): FieldError[] {
  const metadata = objectIn(template, 'metadata')
  const spec = objectIn(template, 'spec')
  return [
    ...checkLabels(mapIn(metadata, 'labels'), `${field}.labels`),
    ...checkAnnotations(mapIn(metadata, 'annotations'), `${field}.annotations`),
    ...checkPodSpec(spec, `${field}.spec`),
    ...(objectsIn(spec, 'ephemeralContainers').length > 0
      ? [forbiddenField(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
      : []),
  ]
}

/** Those that run for ever. */
export function checkRestartsAlways(template: JsonObject, field: string, kind: string): FieldError[] {
  const spec = objectIn(template, 'spec')
  const faults: FieldError[] = []
  if (spec.restartPolicy !== 'Always')
    faults.push(notSupported(`${field}.spec.restartPolicy`, textIn(spec, 'restartPolicy'), ['Always']))
  if (spec.activeDeadlineSeconds !== undefined)
    faults.push(
      forbiddenField(`${field}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`),
    )
  return faults
}

function checkOptionalName(spec: JsonObject, key: string, field: string): FieldError[] {
  const value = textIn(spec, key)
  return value === '' ? [] : checkName(value, `${field}.${key}`, subdomainName)
}

function deadlineRange(spec: JsonObject, field: string): FieldError[] {
  const seconds = spec.activeDeadlineSeconds
  if (typeof seconds !== 'number' || (seconds >= 1 && seconds <= MAX_INT32)) return []
  return [invalidValue(`${field}.activeDeadlineSeconds`, seconds, `must be between 1 and ${MAX_INT32}, inclusive`)]
}

function checkSchedulingGates(gates: readonly JsonObject[], field: string): FieldError[] {
  const seen = new Set<string>()
  return gates.flatMap((gate, index) => {
    const name = textIn(gate, 'name')
    const faults = checkName(name, `${field}[${index}].name`, qualifiedName)
    if (seen.has(name)) faults.push(duplicate(`${field}[${index}].name`, name))
    seen.add(name)
    return faults
  })
}

export function checkTolerations(tolerations: readonly JsonObject[], field: string): FieldError[] {
  return tolerations.flatMap((toleration, index) => {
    const path = `${field}[${index}]`
    const key = textIn(toleration, 'key')
    const operator = textIn(toleration, 'operator')
    const faults = key === '' ? [] : checkName(key, `${path}.key`, qualifiedName)
    if (key === '' && operator !== 'Exists')
      faults.push(
        invalidValue(
          `${path}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      )
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== 'NoExecute')
      faults.push(
        invalidValue(
          `${path}.effect`,
          textIn(toleration, 'effect'),
          "effect must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      )
    if (operator === 'Exists' && textIn(toleration, 'value') !== '')
      faults.push(
        invalidValue(
          `${path}.operator`,
          textIn(toleration, 'value'),
          "value must be empty when `operator` is 'Exists'",
        ),
      )
    if (!['', 'Exists', 'Equal'].includes(operator))
      faults.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']))
    const effect = textIn(toleration, 'effect')
    const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
    if (effect !== '' && !effects.includes(effect)) faults.push(notSupported(`${path}.effect`, effect, effects))
    return faults
  })
}

function imageFaults(spec: JsonObject): FieldError[] {
  return ['containers', 'initContainers'].flatMap((field) =>
    objectsIn(spec, field).flatMap((container, index) => {
      const image = textIn(container, 'image')
      const path = `spec.${field}[${index}].image`
      if (image === '') return [required(path)]
      return image.trim() === image ? [] : [invalidValue(path, image, 'must not have leading or trailing whitespace')]
    }),
  )
}

function deadlineFaults(spec: JsonObject, before: JsonObject): FieldError[] {
  const field = 'spec.activeDeadlineSeconds'
  const now = spec.activeDeadlineSeconds
  const was = before.activeDeadlineSeconds
  if (typeof now !== 'number')
    return typeof was === 'number'
      ? [invalidValue(field, null, 'must not update from a positive integer to nil value')]
      : []
  if (now < 0 || now > MAX_INT32) return [invalidValue(field, now, `must be between 0 and ${MAX_INT32}, inclusive`)]
  return typeof was === 'number' && was < now
    ? [invalidValue(field, now, 'must be less than or equal to previous value')]
    : []
}

function tolerationFaults(spec: JsonObject, before: JsonObject): FieldError[] {
  const kept = objectsIn(before, 'tolerations').filter((old) =>
    objectsIn(spec, 'tolerations').some((each) =>
      isSame({ ...each, tolerationSeconds: 0 }, { ...old, tolerationSeconds: 0 }),
    ),
  )
  if (kept.length === objectsIn(before, 'tolerations').length) return []
  return [forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
}

function isGated(spec: JsonObject): boolean {
  return objectsIn(spec, 'schedulingGates').length > 0
}

function copyField(target: JsonObject, source: JsonObject, field: string): void {
  const value = source[field]
  if (value === undefined) delete target[field]
  else target[field] = value
}
