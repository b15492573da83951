import type { FieldError } from '../../../field-error.ts'
import type { ApiObject, JsonObject } from '../../../json.ts'
import { checkOneOf, checkOneOfOptional, checkRange, duplicate, required } from '../field-errors.ts'
import { eachObject, mapIn, objectIn, textIn } from '../json-parts.ts'
import { checkName, qualifiedName, subdomainName } from '../names.ts'
import { checkLabels } from '../object-meta.ts'
import { checkAffinity } from './affinity.ts'
import { checkEnvFiles } from './container-env.ts'
import { checkHostNetworkPorts } from './container-ports.ts'
import { checkContainers, checkEphemeralContainers, checkInitContainers } from './containers.ts'
import { checkDnsConfig, checkDnsPolicy, checkHostAliases, checkHostnameOverride, checkHostnames } from './dns.ts'
import { checkPodResources, checkResourceClaims } from './pod-resources.ts'
import { checkResources } from './resource-requirements.ts'
import { checkHostUsers, checkPodSecurity } from './security-context.ts'
import { checkTolerations } from './tolerations.ts'
import { checkTopologySpread } from './topology-spread.ts'
import { checkVolumes } from './volumes.ts'
import { checkHostProcess, checkOs } from './windows.ts'

const MAX_INT32 = 2 ** 31 - 1

/**
 * Of Pods and of templates, in kube-apiserver's order. source: kubernetes pkg/apis/core/validation, ValidatePodSpec
 * `pod`: whose it is; undefined of a template
 */
export function checkPodSpec(spec: JsonObject, pod: ApiObject | undefined, field: string): FieldError[] {
  const { volumes, faults } = checkVolumes(spec, pod, field)
  return [
    ...faults,
    ...checkResourceClaims(spec, field),
    ...checkContainers(spec, volumes, field),
    ...checkInitContainers(spec, volumes, field),
    ...checkEphemeralContainers(spec, volumes, field),
    ...checkPodResources(spec, field),
    ...checkHostNetworkPorts(spec, pod !== undefined, field),
    ...checkOneOf(textIn(spec, 'restartPolicy'), `${field}.restartPolicy`, ['Always', 'OnFailure', 'Never']),
    ...checkDnsPolicy(spec, field),
    ...checkLabels(mapIn(spec, 'nodeSelector'), `${field}.nodeSelector`),
    ...checkPodSecurity(spec, field),
    ...checkAffinity(objectIn(spec, 'affinity'), `${field}.affinity`),
    ...checkDnsConfig(spec, field),
    ...checkReadinessGates(spec, field),
    ...checkSchedulingGates(spec, field),
    ...checkTopologySpread(spec, field),
    ...checkHostProcess(spec, field),
    ...checkHostUsers(spec, field),
    ...checkHostnameOverride(spec, field),
    ...['serviceAccountName', 'nodeName'].flatMap((key) => checkOptionalName(spec, key, field)),
    ...checkRange(spec.activeDeadlineSeconds, `${field}.activeDeadlineSeconds`, 1, MAX_INT32),
    ...checkHostnames(spec, field),
    ...checkTolerations(spec, field),
    ...checkHostAliases(spec, field),
    ...checkOptionalName(spec, 'priorityClassName', field),
    ...checkRuntimeClass(spec, field),
    ...checkPreemption(spec, field),
    ...checkResources({ limits: objectIn(spec, 'overhead') }, `${field}.overhead`, []),
    ...checkOs(spec, field),
    ...checkEnvFiles(spec, field),
  ]
}

function checkOptionalName(spec: JsonObject, key: string, field: string): FieldError[] {
  const value = textIn(spec, key)
  return value === '' ? [] : checkName(value, `${field}.${key}`, subdomainName)
}

/** Here an empty name is one. */
function checkRuntimeClass({ runtimeClassName: name }: JsonObject, field: string): FieldError[] {
  return typeof name === 'string' ? checkName(name, `${field}.runtimeClassName`, subdomainName) : []
}

function checkPreemption({ preemptionPolicy: policy }: JsonObject, field: string): FieldError[] {
  if (policy === '') return [required(`${field}.preemptionPolicy`)]
  return checkOneOfOptional(policy, `${field}.preemptionPolicy`, ['PreemptLowerPriority', 'Never'])
}

function checkReadinessGates(spec: JsonObject, field: string): FieldError[] {
  return eachObject(spec, 'readinessGates', field, (gate, at) =>
    checkName(textIn(gate, 'conditionType'), `${at}.conditionType`, qualifiedName),
  )
}

function checkSchedulingGates(spec: JsonObject, field: string): FieldError[] {
  const seen = new Set<string>()
  return eachObject(spec, 'schedulingGates', field, (gate, at) => {
    const name = textIn(gate, 'name')
    const isTwice = seen.has(name)
    seen.add(name)
    return [...checkName(name, at, qualifiedName), ...(isTwice ? [duplicate(at, name)] : [])]
  })
}
