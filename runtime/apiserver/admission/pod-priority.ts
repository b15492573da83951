import type { ApiObject } from '../json.ts'
import type { StoredObjects } from '../storage/stored-objects.ts'
import type { AdmissionRequest } from './admission.ts'
import { createdPodSpec } from './pod-spec.ts'
import { refuseRequest } from './refuse-request.ts'

type PriorityClass = ApiObject & {
  readonly value?: number
  readonly globalDefault?: boolean
  readonly preemptionPolicy?: string
}

const GROUP = 'scheduling.k8s.io'

/** A pod's priority is what its class, or the default class, says. errors: ApiError 403. source: plugin/pkg/admission/priority */
export function admitPriority(objects: StoredObjects, request: AdmissionRequest, object: ApiObject | undefined): void {
  const spec = createdPodSpec(request, object)
  if (spec === undefined) return
  const found = spec.priorityClassName ? resolve(objects, request, object, spec.priorityClassName) : byDefault(objects)
  const { value: priority = 0, preemptionPolicy = 'PreemptLowerPriority' } = found ?? {}
  if (found?.metadata.name !== undefined) spec.priorityClassName = found.metadata.name
  if (spec.priority !== undefined && spec.priority !== priority) {
    const why = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`
    throw refuseRequest(request, object, why)
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy) {
    const why = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`
    throw refuseRequest(request, object, why)
  }
  spec.priority = priority
  spec.preemptionPolicy = preemptionPolicy
}

/** One class at most is the default. errors: ApiError 403 */
export function validatePriorityClass(
  objects: StoredObjects,
  request: AdmissionRequest,
  object: ApiObject | undefined,
): void {
  const { resource, operation } = request
  if (resource.group !== GROUP || resource.plural !== 'priorityclasses' || operation === 'DELETE') return
  const known = (object as PriorityClass | undefined)?.globalDefault === true ? byDefault(objects) : undefined
  if (known === undefined || (operation === 'UPDATE' && known.metadata.name === object?.metadata.name)) return
  const why = `PriorityClass ${known.metadata.name} is already marked as default. Only one default can exist`
  throw refuseRequest(request, object, why)
}

function resolve(
  objects: StoredObjects,
  request: AdmissionRequest,
  object: ApiObject | undefined,
  name: string,
): PriorityClass {
  const found = objects.get(`${GROUP}/priorityclasses`, '', name) as PriorityClass | undefined
  if (found === undefined) throw refuseRequest(request, object, `no PriorityClass with name ${name} was found`)
  return found
}

function byDefault(objects: StoredObjects): PriorityClass | undefined {
  const all = objects.list(`${GROUP}/priorityclasses`) as PriorityClass[]
  return all.filter(({ globalDefault }) => globalDefault === true).sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0]
}
