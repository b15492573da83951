import type { FieldError } from '../../../field-error.ts'
import type { ApiObject, JsonObject } from '../../../json.ts'
import { forbiddenField, invalidValue } from '../field-errors.ts'
import { isSame, jsonOf, mapIn, objectIn, objectsIn, optionalObjectIn, textIn } from '../json-parts.ts'
import { podQosClass } from './pod-qos.ts'
import { checkPod } from './pod-whole.ts'

const MIRROR = 'kubernetes.io/config.mirror'
const LISTS = ['containers', 'initContainers'] as const
const IMMUTABLE = 'only cpu and memory resources are mutable'
const QOS = 'Pod QOS Class may not change as a result of resizing'

/** Of pods/resize: cpu and memory may change, nothing else. source: kubernetes pkg/apis/core/validation, ValidatePodResize */
export function validatePodResize(pod: ApiObject, old: ApiObject): FieldError[] {
  const [spec, before] = [objectIn(jsonOf(pod), 'spec'), objectIn(jsonOf(old), 'spec')]
  if (old.metadata.annotations?.[MIRROR] !== undefined) return [forbiddenField('', 'static pods cannot be resized')]
  if (objectIn(before, 'os').name === 'windows') return [forbiddenField('', 'windows pods cannot be resized')]
  const status = objectIn(jsonOf(pod), 'status')
  const faults = [
    ...checkPod(pod),
    ...(podQosClass(spec) === podQosClass(before) ? [] : [invalidValue('spec', textIn(status, 'qosClass'), QOS)]),
    ...(canBeResized(old) ? [] : [forbiddenField('spec', 'Pod running on node without support for resize')]),
    ...podLevelFaults(spec, before),
  ]
  const order = orderFaults(spec, before)
  if (order.length > 0) return [...faults, ...order]
  const found = [...faults, ...containerFaults(spec, before)]
  return found.length > 0 || isSame(withOldAmounts(spec, before), before) ? found : [forbiddenField('spec', IMMUTABLE)]
}

/** Kubelets that can do it say what running containers have. */
function canBeResized(pod: ApiObject): boolean {
  const running = objectsIn(objectIn(jsonOf(pod), 'status'), 'containerStatuses').find(
    (status) => objectIn(status, 'state').running !== undefined,
  )
  return running === undefined || running.resources !== undefined
}

function orderFaults(spec: JsonObject, before: JsonObject): FieldError[] {
  return LISTS.flatMap((list) => {
    const [now, was] = [objectsIn(spec, list), objectsIn(before, list)]
    if (now.length !== was.length)
      return [forbiddenField(`spec.${list}`, `${list} may not be added or removed on resize`)]
    return was.flatMap((old, index) =>
      now[index]?.name === old.name
        ? []
        : [forbiddenField(`spec.${list}[${index}].name`, `${list} may not be renamed or reordered on resize`)],
    )
  })
}

function podLevelFaults(spec: JsonObject, before: JsonObject): FieldError[] {
  const [now, was] = [optionalObjectIn(spec, 'resources'), optionalObjectIn(before, 'resources')]
  if (was !== undefined && now === undefined)
    return [forbiddenField('spec.resources', 'pod-level resources cannot be removed')]
  if (now === undefined) return []
  const faults = removedAmounts(now, was ?? {}, 'spec.resources', 'pod-level resource')
  const rest = withOldResources(now, was ?? {})
  return isSame(rest, was ?? {}) || (was === undefined && isEmptyResources(rest))
    ? faults
    : [...faults, forbiddenField('spec', `${IMMUTABLE} at pod-level`)]
}

function containerFaults(spec: JsonObject, before: JsonObject): FieldError[] {
  const pairs = (list: string) =>
    objectsIn(before, list).map((was, index) => ({ was, index, now: objectsIn(spec, list)[index] as JsonObject }))
  return [
    ...['initContainers', 'containers'].flatMap((list) =>
      pairs(list).flatMap(({ now, was, index }) => {
        const field = `spec.${list}[${index}].resources`
        return removedAmounts(objectIn(now, 'resources'), objectIn(was, 'resources'), field, 'resource')
      }),
    ),
    ...pairs('containers')
      .filter(({ now, was }) => !isSame(withOldAmountsOf(now, was), was))
      .map(() => forbiddenField('spec', IMMUTABLE)),
    ...pairs('initContainers').flatMap(({ now, was, index }) => initFaults(now, was, `spec.initContainers[${index}]`)),
  ]
}

function initFaults(now: JsonObject, was: JsonObject, field: string): FieldError[] {
  const isChanged = !isSame(withOldAmountsOf(now, was), was)
  const restarts =
    now.restartPolicy !== 'Always' && !isSame(now, was)
      ? objectsIn(now, 'resizePolicy').filter((policy) => policy.restartPolicy === 'RestartContainer')
      : []
  const text = 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized'
  return [
    ...(isChanged
      ? [forbiddenField(field, 'only cpu and memory resources for init or sidecar containers are mutable')]
      : []),
    ...restarts.map(() => forbiddenField(field, text)),
  ]
}

function removedAmounts(now: JsonObject, was: JsonObject, field: string, what: string): FieldError[] {
  return ['requests', 'limits']
    .filter((list) => Object.keys(mapIn(was, list)).some((name) => mapIn(now, list)[name] === undefined))
    .map((list) => forbiddenField(`${field}.${list}`, `${what} ${list} cannot be removed`))
}

function withOldAmounts(spec: JsonObject, before: JsonObject): JsonObject {
  const clone = structuredClone(spec)
  for (const list of LISTS) {
    const was = objectsIn(before, list)
    const now = objectsIn(clone, list)
    if (now.length > 0)
      clone[list] = now.map((container, index) => withOldAmountsOf(container, was[index] as JsonObject))
  }
  if (before.resources === undefined) delete clone.resources
  else clone.resources = before.resources
  return clone
}

function withOldAmountsOf(container: JsonObject, was: JsonObject): JsonObject {
  // Claims are left out here: kube-apiserver does not compare them, and would drop them.
  const { claims: _, ...resources } = objectIn(container, 'resources')
  return { ...container, resources: withOldResources(resources, objectIn(was, 'resources')) }
}

function withOldResources(now: JsonObject, was: JsonObject): JsonObject {
  const rest: JsonObject = { ...now }
  for (const list of ['limits', 'requests']) {
    const { cpu: _, memory: __, ...others } = mapIn(now, list)
    const { cpu, memory } = mapIn(was, list)
    rest[list] = { ...others, ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) }
  }
  return rest
}

function isEmptyResources(resources: JsonObject): boolean {
  return Object.values(resources).every((part) => isSame(part, undefined))
}
