import { isDeepStrictEqual } from 'node:util'
import type { ApiObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import type { StoredObject, StoreEvent } from '../storage/store.ts'
import { rfc3339 } from '../timestamp.ts'
import { type ControllerContext, type RunningController, running, startLoop } from './controller-context.ts'
import { watchEveryStorage } from './every-storage.ts'
import { type NamespaceCondition, namespaceConditions, type RemainingContent } from './namespace-conditions.ts'
import { unlessCode } from './object-client.ts'

interface Namespace extends ApiObject {
  spec?: { finalizers?: string[] }
  status?: { phase?: string; conditions?: NamespaceCondition[] }
}

const NAMESPACES = { group: '', version: 'v1', plural: 'namespaces' }
const STORAGE = '/namespaces'
/** What of spec.finalizers is ours to take off. */
const FINALIZER = 'kubernetes'

/**
 * Empties namespaces that are going and lets them go. What finalizers hold is told in the conditions, and looked at again
 * with the next object that goes or changes: nothing is polled.
 * source: kubernetes pkg/controller/namespace/deletion
 */
export function startNamespaceDeleter(context: ControllerContext): RunningController {
  const { store, objects, registry, client, clock } = context
  const loop = startLoop(context, 'namespace', reconcile)
  /** Namespaces that are going. */
  const terminating = new Set<string>()
  const stopWatching = watchEveryStorage(store, registry, onChange)
  for (const stored of store.list(STORAGE)) onNamespace(stored)
  return running(loop, stopWatching)

  function onChange({ type, stored }: StoreEvent): void {
    if (stored.storage !== STORAGE) {
      if (terminating.has(stored.namespace)) loop.add(stored.namespace)
    } else if (type === 'DELETED') terminating.delete(stored.name)
    else onNamespace(stored)
  }

  function onNamespace(stored: StoredObject): void {
    if (!stored.text.includes('"deletionTimestamp"')) return
    if (objects.parse(stored).metadata.deletionTimestamp === undefined) return
    terminating.add(stored.name)
    loop.add(stored.name)
  }

  async function reconcile(name: string): Promise<void> {
    const namespace = objects.get<Namespace>(STORAGE, '', name)
    if (namespace?.metadata.deletionTimestamp === undefined) return
    if (!namespace.spec?.finalizers?.includes(FINALIZER)) return
    const failures = await deleteContent(name)
    const remaining = { ...countContent(name), failures }
    const isEmpty = remaining.byResource.size === 0 && failures.length === 0
    await tell(name, remaining)
    if (isEmpty) await finalize(name)
    else if (failures.length > 0) throw new Error(`Cannot empty namespace "${name}": ${failures.join(', ')}`)
  }

  async function deleteContent(namespace: string): Promise<string[]> {
    const failures: string[] = []
    for (const resource of namespacedResources()) {
      const isLeft = store.list(resource.storage, namespace).some((stored) => !isGoing(stored))
      if (!isLeft) continue
      try {
        const request = { propagationPolicy: 'Background' } as const
        await unlessCode(client.deleteCollection(resource, namespace, request), 404)
      } catch (error) {
        failures.push((error as Error).message)
      }
    }
    return failures
  }

  function countContent(namespace: string): Omit<RemainingContent, 'failures'> {
    const byResource = new Map<string, number>()
    const byFinalizer = new Map<string, number>()
    for (const { storage, plural, group } of namespacedResources()) {
      for (const stored of store.list(storage, namespace)) {
        count(byResource, `${plural}.${group}`)
        for (const finalizer of objects.parse(stored).metadata.finalizers ?? []) count(byFinalizer, finalizer)
      }
    }
    return { byResource, byFinalizer }
  }

  async function tell(name: string, remaining: RemainingContent): Promise<void> {
    const namespace = objects.get<Namespace>(STORAGE, '', name)
    if (namespace === undefined) return
    const old = namespace.status?.conditions ?? []
    const conditions = namespaceConditions(remaining, old, rfc3339(clock.now()))
    if (namespace.status?.phase === 'Terminating' && isDeepStrictEqual(old, conditions)) return
    const status = { ...namespace.status, phase: 'Terminating', conditions }
    await unlessCode(client.update(NAMESPACES, { ...namespace, status }, 'status'), 404)
  }

  async function finalize(name: string): Promise<void> {
    const namespace = objects.get<Namespace>(STORAGE, '', name)
    if (namespace === undefined) return
    const finalizers = namespace.spec?.finalizers?.filter((each) => each !== FINALIZER) ?? []
    await unlessCode(
      client.update(NAMESPACES, { ...namespace, spec: { ...namespace.spec, finalizers } }, 'finalize'),
      404,
    )
  }

  /** One version of each kind that can be deleted. */
  function namespacedResources(): ApiResource[] {
    const byStorage = new Map<string, ApiResource>()
    for (const resource of registry.list()) {
      if (!resource.namespaced || !resource.verbs.includes('deletecollection')) continue
      if (!byStorage.has(resource.storage)) byStorage.set(resource.storage, resource)
    }
    return [...byStorage.values()]
  }

  function isGoing(stored: StoredObject): boolean {
    return objects.parse(stored).metadata.deletionTimestamp !== undefined
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
