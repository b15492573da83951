import type { ApiObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { type Evaluator, isInScope } from '../quota/evaluator.ts'
import { evaluatorOf, isCountable } from '../quota/evaluators.ts'
import type { ResourceQuota } from '../quota/quota.ts'
import { addLists, isSameList, pickResources, type ResourceList } from '../quota/resource-list.ts'
import type { StoreEvent } from '../storage/store.ts'
import { type ControllerContext, type RunningController, running, startLoop } from './controller-context.ts'
import { watchEveryStorage } from './every-storage.ts'
import { unlessCode } from './object-client.ts'
import { keyOf, parseKey } from './object-key.ts'

const QUOTAS = { group: '', version: 'v1', plural: 'resourcequotas' }
/** kube-controller-manager's --resource-quota-sync-period: what admission booked for a write that failed is freed then. */
const RESYNC_MS = 5 * 60 * 1000

/** Objects of one resource, and how they count. */
interface Counted {
  readonly resource: ApiResource
  readonly evaluator: Evaluator
}

/**
 * Keeps in each quota's status what is allowed and how much of it is used: counted anew when what is allowed changes, when objects
 * go, and now and then. What comes is booked by admission.
 * source: kubernetes pkg/controller/resourcequota
 */
export function startResourceQuotas(context: ControllerContext): RunningController {
  const { store, objects, registry, client, clock } = context
  const loop = startLoop(context, 'resourcequota', reconcile)
  const cancels = [store.watch('/resourcequotas', onQuota), watchEveryStorage(store, registry, onObject)]
  for (const stored of store.list('/resourcequotas')) loop.add(keyOf(stored))
  return running(loop, ...cancels)

  function onQuota({ type, stored, old }: StoreEvent): void {
    const hardOf = (each: typeof stored) => objects.parse<ResourceQuota>(each).spec?.hard ?? {}
    if (type === 'DELETED' || (old !== undefined && isSameList(hardOf(stored), hardOf(old)))) return
    loop.add(keyOf(stored))
  }

  /** Something may have become free. */
  function onObject(event: StoreEvent): void {
    const { namespace } = event.stored
    if (event.type === 'ADDED' || namespace === '' || store.count('/resourcequotas') === 0) return
    const quotas = objects.list<ResourceQuota>('/resourcequotas', namespace)
    if (quotas.length === 0) return
    for (const { evaluator } of countedIn(event.stored.storage)) {
      if (!isReplenished(evaluator, event)) continue
      for (const { metadata, status } of quotas) {
        const names = evaluator.matching(Object.keys(status?.hard ?? {}))
        if (names.length > 0) loop.add(keyOf({ namespace, name: metadata.name ?? '' }))
      }
    }
  }

  function isReplenished(evaluator: Evaluator, { type, stored, old }: StoreEvent): boolean {
    if (type === 'DELETED') return true
    if (old === undefined || evaluator.isReleased === undefined) return false
    return evaluator.isReleased(objects.parse(stored), objects.parse(old), clock.now())
  }

  /** Each resource once, whichever versions it has. */
  function countedIn(storage?: string): Counted[] {
    const found = new Map<string, Counted>()
    for (const resource of registry.list()) {
      if (!isCountable(resource) || (storage !== undefined && resource.storage !== storage)) continue
      const evaluator = evaluatorOf(resource)
      if (evaluator !== undefined) found.set(`${resource.group}/${resource.plural}`, { resource, evaluator })
    }
    return [...found.values()]
  }

  async function reconcile(key: string): Promise<void> {
    const { namespace, name } = parseKey(key)
    const quota = objects.get<ResourceQuota>('/resourcequotas', namespace, name)
    if (quota === undefined) return
    loop.addAfter(key, RESYNC_MS)
    const { spec = {}, status = {} } = quota
    const { hard = {} } = spec
    const known = pickResources(status.used ?? {}, Object.keys(hard))
    const used = { ...known, ...usageOf(quota, namespace) }
    const isKnown = status.hard !== undefined && status.used !== undefined
    if (isKnown && isSameList(hard, status.hard ?? {}) && isSameList(used, status.used ?? {})) return
    await unlessCode(client.update(QUOTAS, { ...quota, status: { hard, used } }, 'status'), 404)
  }

  function usageOf(quota: ResourceQuota, namespace: string): ResourceList {
    const limited = Object.keys(quota.spec?.hard ?? {})
    let sum: ResourceList = {}
    for (const { resource, evaluator } of countedIn()) {
      const names = evaluator.matching(limited)
      if (names.length === 0) continue
      const none = Object.fromEntries(names.map((name) => [name, '0']))
      const counting = objects
        .list<ApiObject>(resource.storage, namespace)
        .filter((each) => isInScope(evaluator, quota, each))
      const used = counting.map((each) => evaluator.usage(each, clock.now())).reduce(addLists, none)
      sum = addLists(sum, pickResources(used, names))
    }
    return sum
  }
}
