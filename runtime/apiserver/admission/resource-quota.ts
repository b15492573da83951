import { hasCode, ObjectClient, RequestFailure } from '../controllers/object-client.ts'
import type { InProcessClient } from '../in-process-client.ts'
import type { ApiObject } from '../json.ts'
import { compareQuantities } from '../kinds/strategies/quantity.ts'
import { type Evaluator, isInScope } from '../quota/evaluator.ts'
import { evaluatorOf } from '../quota/evaluators.ts'
import type { ResourceQuota } from '../quota/quota.ts'
import {
  addLists,
  formatList,
  growthOf,
  isSameList,
  pickResources,
  type ResourceList,
  withoutZeros,
} from '../quota/resource-list.ts'
import { ApiError, conflict, OBJECT_MODIFIED } from '../status.ts'
import type { StoredObjects } from '../storage/stored-objects.ts'
import type { AdmissionRequest } from './admission.ts'
import { refuseRequest } from './refuse-request.ts'

const QUOTAS = { group: '', version: 'v1', plural: 'resourcequotas' }
/** As often as kube-apiserver tries again where somebody else has written a quota meanwhile. */
const MAX_TRIES = 4

export interface QuotaOptions {
  readonly objects: StoredObjects
  /** By which usage is written. */
  readonly client: InProcessClient
  now(): number
}

/**
 * Refuses what would take more than the namespace's quotas allow, and books what is let in as used. One write of a namespace at
 * a time, so that two cannot take the same room. What is booked for a write that fails later is freed by controllers/resource-quotas.ts.
 * source: apiserver pkg/admission/plugin/resourcequota
 */
export class QuotaAdmission {
  readonly #objects: StoredObjects
  readonly #client: ObjectClient
  readonly #now: () => number
  /** By namespace, the end of whoever is last in line; gone with it. */
  readonly #lines = new Map<string, Promise<void>>()

  constructor({ objects, client, now }: QuotaOptions) {
    this.#objects = objects
    this.#client = new ObjectClient(client, 'kube-apiserver')
    this.#now = now
  }

  /** errors: ApiError 403 */
  async validate(request: AdmissionRequest, object: ApiObject | undefined): Promise<void> {
    const { namespace, resource } = request
    const isNamespace = resource.group === '' && resource.plural === 'namespaces'
    if (namespace === '' || isNamespace || object === undefined) return
    const evaluator = evaluatorOf(resource)
    if (evaluator === undefined || !evaluator.handles(request, object) || this.#quotasOf(namespace).length === 0) return
    await this.#inLine(namespace, () => this.#book(request, object, evaluator))
  }

  async #inLine(namespace: string, work: () => Promise<void>): Promise<void> {
    const before = this.#lines.get(namespace) ?? Promise.resolve()
    const mine = before.then(work)
    const end = mine.catch(() => {})
    this.#lines.set(namespace, end)
    try {
      await mine
    } finally {
      if (this.#lines.get(namespace) === end) this.#lines.delete(namespace)
    }
  }

  /** Each quota is booked once: those that could not be are tried again as they are then. */
  async #book(request: AdmissionRequest, object: ApiObject, evaluator: Evaluator): Promise<void> {
    let open: readonly string[] | undefined
    for (let attempt = 1; ; attempt++) {
      const quotas = this.#quotasOf(request.namespace)
      const checked = quotas.filter(({ metadata }) => open?.includes(metadata.name ?? '') ?? true)
      const changed = checkQuotas(checked, request, object, evaluator, this.#now())
      if (request.isDryRun) return
      open = await this.#write(changed)
      if (open.length === 0) return
      if (attempt >= MAX_TRIES)
        throw conflict({ group: '', resource: 'resourcequotas' }, open[0] as string, OBJECT_MODIFIED)
    }
  }

  /** Answers the names of those that were changed by somebody else meanwhile. */
  async #write(quotas: readonly ResourceQuota[]): Promise<string[]> {
    const failed: string[] = []
    for (const quota of quotas) {
      try {
        await this.#client.update(QUOTAS, quota, 'status')
      } catch (error) {
        if (!(error instanceof RequestFailure)) throw error
        if (!hasCode(error, 404, 409)) throw new ApiError(error.code, undefined, error.message)
        failed.push(quota.metadata.name ?? '')
      }
    }
    return failed
  }

  #quotasOf(namespace: string): ResourceQuota[] {
    return this.#objects.list<ResourceQuota>('/resourcequotas', namespace)
  }
}

/** Answers the quotas that become another by this write, with what is used then. errors: ApiError 403 */
function checkQuotas(
  quotas: readonly ResourceQuota[],
  request: AdmissionRequest,
  object: ApiObject,
  evaluator: Evaluator,
  nowMs: number,
): ResourceQuota[] {
  const concerned = quotas.filter((quota) => isConcerned(quota, evaluator, object))
  for (const quota of concerned) assertCountable(quota, request, object, evaluator)
  const usage = evaluator.usage(object, nowMs)
  assertNotNegative(usage, request, object)
  const { old, operation } = request
  const growth = operation === 'UPDATE' && old !== undefined ? growthOf(usage, evaluator.usage(old, nowMs)) : usage
  const booked = concerned.map((quota) => {
    // What comes into the quota's scope counts as a whole.
    const isNew = growth === usage || old === undefined || !isConcerned(quota, evaluator, old)
    return withUsage(quota, withoutZeros(isNew ? usage : growth), request, object)
  })
  return booked.filter((quota) => quota !== undefined)
}

function isConcerned(quota: ResourceQuota, evaluator: Evaluator, object: ApiObject): boolean {
  const names = Object.keys(quota.status?.hard ?? {})
  return evaluator.matching(names).length > 0 && isInScope(evaluator, quota, object)
}

function assertCountable(
  quota: ResourceQuota,
  request: AdmissionRequest,
  object: ApiObject,
  evaluator: Evaluator,
): void {
  const { hard = {}, used = {} } = quota.status ?? {}
  const names = evaluator.matching(Object.keys(hard)).sort()
  const name = quota.metadata.name ?? ''
  const missing = evaluator.missing?.(names, object)
  if (missing !== undefined) throw refuseRequest(request, object, `failed quota: ${name}: ${missing}`)
  if (names.every((each) => used[each] !== undefined)) return
  throw refuseRequest(request, object, `status unknown for quota: ${name}, resources: ${names.join(',')}`)
}

function assertNotNegative(usage: ResourceList, request: AdmissionRequest, object: ApiObject): void {
  const negative = Object.keys(usage).filter((name) => compareQuantities(usage[name] as string, '0') < 0)
  if (negative.length === 0) return
  throw refuseRequest(request, object, `quota usage is negative for resource(s): ${negative.sort().join(',')}`)
}

/** undefined: nothing changes for this quota. errors: ApiError 403 */
function withUsage(
  quota: ResourceQuota,
  usage: ResourceList,
  request: AdmissionRequest,
  object: ApiObject,
): ResourceQuota | undefined {
  const { hard = {}, used = {} } = quota.status ?? {}
  const requested = pickResources(usage, Object.keys(hard))
  const next = addLists(used, requested)
  if (request.subresource !== 'status') assertWithin(quota, requested, next, request, object)
  if (isSameList(next, used)) return undefined
  return { ...quota, status: { ...quota.status, used: next } }
}

function assertWithin(
  { metadata, status = {} }: ResourceQuota,
  requested: ResourceList,
  next: ResourceList,
  request: AdmissionRequest,
  object: ApiObject,
): void {
  const { hard = {}, used = {} } = status
  const exceeded = Object.keys(requested).filter((name) => compareQuantities(next[name] ?? '0', hard[name] ?? '0') > 0)
  if (exceeded.length === 0) return
  const [asked, known, limited] = [requested, used, hard].map((list) => formatList(pickResources(list, exceeded)))
  const why = `exceeded quota: ${metadata.name}, requested: ${asked}, used: ${known}, limited: ${limited}`
  throw refuseRequest(request, object, why)
}
