import { type ApiObject, isJsonObject } from '../json.ts'
import { jsonOf, objectIn, objectsIn, textIn } from '../kinds/strategies/json-parts.ts'
import { podQosClass } from '../kinds/strategies/pod/pod-qos.ts'
import { isExtendedResource, isHugePages, isNativeResource } from '../kinds/strategies/resource-names.ts'
import { actualResources } from './actual-resources.ts'
import { countName, type Evaluator } from './evaluator.ts'
import { isPodLevelResource, type PodResources, type ResourceRequirements, sumOfPod } from './pod-resources.ts'
import { isNameMeant, type ScopeRequirement } from './quota.ts'
import { isSameList, type ResourceList } from './resource-list.ts'

const COUNT = countName({ group: '', plural: 'pods' })
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage']
const COUNTED = [COUNT, 'pods', ...COMPUTE.flatMap((name) => [name, `requests.${name}`, `limits.${name}`])]
/** Each container has to say how much of these it takes, as soon as they are limited. */
const TO_BE_SAID = ['cpu', 'memory'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`])

/** source: kubernetes pkg/quota/v1/evaluator/core/pods.go */
export const POD_USAGE: Evaluator = {
  handles: ({ operation, subresource, old }, pod) => {
    if (subresource !== undefined) return subresource === 'resize' && operation === 'UPDATE'
    const isRescoped = operation === 'UPDATE' && old !== undefined && isTerminating(old) !== isTerminating(pod)
    return operation === 'CREATE' || isRescoped
  },
  matching: (names) => names.filter((name) => COUNTED.includes(name) || isHugePages(name) || isExtended(name)),
  missing: missingIn,
  matchesScope,
  usage,
  isReleased: (pod, old, nowMs) =>
    isTerminating(old) !== isTerminating(pod) || !isSameList(usage(old, nowMs), usage(pod, nowMs)),
}

function usage(pod: ApiObject, nowMs: number): ResourceList {
  if (!isAlive(pod, nowMs)) return { [COUNT]: '1' }
  const spec = actualResources(pod)
  const sum = { requests: sumOfPod(spec, 'requests'), limits: sumOfPod(spec, 'limits') }
  return { [COUNT]: '1', ...quotaNames(sum) }
}

/** Of what is requested and limited, the names that quotas have for it. */
function quotaNames({ requests = {}, limits = {} }: ResourceRequirements): ResourceList {
  const result: Record<string, string> = { pods: '1' }
  for (const [name, amount] of Object.entries(requests)) {
    const isCompute = COMPUTE.includes(name) || name.startsWith('hugepages-')
    if (isCompute) result[name] = amount
    if (isCompute || isExtendedResource(name)) result[`requests.${name}`] = amount
  }
  for (const name of COMPUTE) if (limits[name] !== undefined) result[`limits.${name}`] = limits[name]
  return result
}

function missingIn(names: readonly string[], pod: ApiObject): string | undefined {
  const { containers = [], initContainers = [], resources = {} } = specOf(pod)
  if ([resources.requests, resources.limits].some((list) => Object.keys(list ?? {}).some(isPodLevelResource)))
    return undefined
  const faults = TO_BE_SAID.filter((name) => names.includes(name))
    .sort()
    .map((name) => {
      const silent = [...containers, ...initContainers].filter((each) => !(name in quotaNames(each.resources ?? {})))
      return { name, containers: [...new Set(silent.map((each) => each.name))].sort() }
    })
    .filter((fault) => fault.containers.length > 0)
  if (faults.length === 0) return undefined
  return `must specify ${faults.map((fault) => `${fault.name} for: ${fault.containers.join(',')}`).join('; ')}`
}

function matchesScope(scope: ScopeRequirement, pod: ApiObject): boolean {
  switch (scope.scopeName) {
    case 'Terminating':
      return isTerminating(pod)
    case 'NotTerminating':
      return !isTerminating(pod)
    case 'BestEffort':
      return isBestEffort(pod)
    case 'NotBestEffort':
      return !isBestEffort(pod)
    case 'PriorityClass': {
      const name = textIn(objectIn(jsonOf(pod), 'spec'), 'priorityClassName')
      return isNameMeant(scope, name === '' ? [] : [name])
    }
    case 'CrossNamespacePodAffinity':
      return looksElsewhere(pod)
    default:
      return false
  }
}

function isTerminating(pod: ApiObject): boolean {
  return typeof objectIn(jsonOf(pod), 'spec').activeDeadlineSeconds === 'number'
}

function isBestEffort(pod: ApiObject): boolean {
  const known = textIn(objectIn(jsonOf(pod), 'status'), 'qosClass')
  return (known || podQosClass(objectIn(jsonOf(pod), 'spec'))) === 'BestEffort'
}

/** Pods of other namespaces matter for where it runs. */
function looksElsewhere(pod: ApiObject): boolean {
  const affinity = objectIn(objectIn(jsonOf(pod), 'spec'), 'affinity')
  return ['podAffinity', 'podAntiAffinity'].some((kind) => {
    const rules = objectIn(affinity, kind)
    const preferred = objectsIn(rules, 'preferredDuringSchedulingIgnoredDuringExecution')
    const terms = [
      ...objectsIn(rules, 'requiredDuringSchedulingIgnoredDuringExecution'),
      ...preferred.map((each) => objectIn(each, 'podAffinityTerm')),
    ]
    return terms.some(({ namespaces, namespaceSelector }) => {
      return (Array.isArray(namespaces) && namespaces.length > 0) || isJsonObject(namespaceSelector)
    })
  })
}

/** Not over, and not past the end of its grace period. */
function isAlive({ metadata, status }: ApiObject, nowMs: number): boolean {
  const { phase } = (status ?? {}) as { readonly phase?: string }
  if (phase === 'Failed' || phase === 'Succeeded') return false
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true
  return nowMs <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000
}

function specOf(pod: ApiObject): PodResources {
  return (pod.spec ?? {}) as PodResources
}

function isExtended(name: string): boolean {
  return name.startsWith('requests.') && !isNativeResource(name)
}
