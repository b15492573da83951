import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { checkOneOf, duplicate, invalidValue, notFoundValue, required } from '../field-errors.ts'
import { eachObject, objectIn, objectsIn, textIn } from '../json-parts.ts'
import { checkName, labelName } from '../names.ts'
import { checkEnvironment } from './container-env.ts'
import { checkPorts, hostPortConflicts } from './container-ports.ts'
import { notOfEphemeral } from './ephemeral-fields.ts'
import { claimNames } from './pod-resources.ts'
import { checkProbesAndLifecycle, refuseProbesAndLifecycle } from './probes.ts'
import { checkResources } from './resource-requirements.ts'
import { checkRestartPolicy } from './restart-rules.ts'
import { checkContainerSecurity } from './security-context.ts'
import { checkDevices, checkMounts, type Volumes } from './volume-mounts.ts'

/** source: kubernetes pkg/apis/core/validation, validateContainers */
export function checkContainers(spec: JsonObject, volumes: Volumes, field: string): FieldError[] {
  const containers = objectsIn(spec, 'containers')
  if (containers.length === 0) return [required(`${field}.containers`)]
  const names = new Set<string>()
  return [
    ...eachObject(spec, 'containers', field, (container, at) => [
      ...checkContainer(container, spec, volumes, at),
      ...uniqueName(container, names, at),
      ...checkProbesAndLifecycle(container, spec, at),
      ...checkRestartPolicy(container, false, at),
    ]),
    ...hostPortConflicts(containers, `${field}.containers`),
  ]
}

/** Those that run one after another at the start; with restartPolicy Always they stay, and are called sidecars. */
export function checkInitContainers(spec: JsonObject, volumes: Volumes, field: string): FieldError[] {
  const names = new Set(objectsIn(spec, 'containers').map((each) => textIn(each, 'name')))
  return eachObject(spec, 'initContainers', field, (container, at) => [
    ...checkContainer(container, spec, volumes, at),
    ...checkRestartPolicy(container, true, at),
    ...uniqueName(container, names, at),
    ...hostPortConflicts([container], `${field}.initContainers`),
    ...(container.restartPolicy === 'Always'
      ? checkProbesAndLifecycle(container, spec, at)
      : [...refuseProbesAndLifecycle(container, at), ...restartsOnResize(container, at)]),
  ])
}

/** Those that are added to a pod that runs. source: validateEphemeralContainers */
export function checkEphemeralContainers(spec: JsonObject, volumes: Volumes, field: string): FieldError[] {
  const others = ['containers', 'initContainers'].flatMap((list) =>
    objectsIn(spec, list).map((each) => textIn(each, 'name')),
  )
  const names = new Set(others)
  return eachObject(spec, 'ephemeralContainers', field, (container, at) => {
    const target = textIn(container, 'targetContainerName')
    return [
      ...checkContainer(container, spec, volumes, at),
      ...checkPaddedImage(container, at),
      ...uniqueName(container, names, at),
      ...(target === '' || others.includes(target) ? [] : [notFoundValue(`${at}.targetContainerName`, target)]),
      ...notOfEphemeral(container, at),
    ]
  })
}

/** Of pods, not of templates. source: validateContainerOnlyForPod */
export function checkPaddedImage(container: JsonObject, at: string): FieldError[] {
  const image = textIn(container, 'image')
  return image === image.trim()
    ? []
    : [invalidValue(`${at}.image`, image, 'must not have leading or trailing whitespace')]
}

function uniqueName(container: JsonObject, names: Set<string>, at: string): FieldError[] {
  const name = textIn(container, 'name')
  if (names.has(name)) return [duplicate(`${at}.name`, name)]
  names.add(name)
  return []
}

/** What all sorts of containers have. source: validateContainerCommon */
function checkContainer(container: JsonObject, spec: JsonObject, volumes: Volumes, at: string): FieldError[] {
  const name = textIn(container, 'name')
  return [
    ...(name === '' ? [required(`${at}.name`)] : checkName(name, `${at}.name`, labelName)),
    ...(textIn(container, 'image') === '' ? [required(`${at}.image`)] : []),
    ...checkOneOf(textIn(container, 'terminationMessagePolicy'), `${at}.terminationMessagePolicy`, [
      'File',
      'FallbackToLogsOnError',
    ]),
    ...checkPorts(container, at),
    ...checkEnvironment(container, at),
    ...checkMounts(container, volumes, at),
    ...checkDevices(container, volumes, at),
    ...checkOneOf(textIn(container, 'imagePullPolicy'), `${at}.imagePullPolicy`, ['Always', 'IfNotPresent', 'Never']),
    ...checkResources(objectIn(container, 'resources'), `${at}.resources`, claimNames(spec)),
    ...checkResizePolicy(container, spec, at),
    ...checkContainerSecurity(container, spec, at),
  ]
}

/** Which of the policies is wrong is not said, but for one named twice. */
function checkResizePolicy(container: JsonObject, spec: JsonObject, at: string): FieldError[] {
  const resources = new Set<string>()
  const field = `${at}.resizePolicy`
  return eachObject(container, 'resizePolicy', at, (policy, place) => {
    const [resource, restart] = [textIn(policy, 'resourceName'), textIn(policy, 'restartPolicy')]
    const isTwice = resources.has(resource)
    resources.add(resource)
    const text = "must be 'NotRequired' when pod `restartPolicy` is 'Never'"
    return [
      ...(isTwice ? [duplicate(place, resource)] : []),
      ...checkOneOf(resource, field, ['cpu', 'memory']),
      ...checkOneOf(restart, field, ['NotRequired', 'RestartContainer']),
      ...(spec.restartPolicy === 'Never' && restart !== 'NotRequired' ? [invalidValue(field, restart, text)] : []),
    ]
  })
}

function restartsOnResize(container: JsonObject, at: string): FieldError[] {
  const text = "must not be set to 'RestartContainer' for non-sidecar initContainers"
  return eachObject(container, 'resizePolicy', at, (policy, place) =>
    policy.restartPolicy === 'RestartContainer'
      ? [invalidValue(`${place}.restartPolicy`, 'RestartContainer', text)]
      : [],
  )
}
