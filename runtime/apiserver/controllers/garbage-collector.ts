import type { ApiObject, OwnerReference } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import type { StoredObject, StoreEvent } from '../storage/store.ts'
import { type ControllerContext, type RunningController, running, startLoop } from './controller-context.ts'
import { watchEveryStorage } from './every-storage.ts'
import { type DeleteRequest, hasCode, unlessCode } from './object-client.ts'
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER, OwnerGraph } from './owner-graph.ts'

type Propagation = NonNullable<DeleteRequest['propagationPolicy']>

/**
 * Deletes objects whose owners are all gone, and carries out foreground and orphaning deletions. Where kube-controller-manager
 * must ask the API server whether an owner exists, the store is at hand; nothing is polled.
 * source: kubernetes pkg/controller/garbagecollector
 */
export function startGarbageCollector(context: ControllerContext): RunningController {
  const { store, objects, registry, client } = context
  const graph = new OwnerGraph()
  /** Dependents of a kind that nobody serves: never deleted for it, looked at again when the kinds change. */
  const unresolved = new Set<string>()
  const loop = startLoop(context, 'garbage-collector', collect)
  const stopWatching = watchEveryStorage(store, registry, onChange)
  const stopListening = registry.onChange(() => {
    for (const uid of unresolved) loop.add(uid)
    unresolved.clear()
  })
  for (const stored of store.all()) graph.set(stored)
  for (const stored of store.all()) lookAt(stored.uid)
  return running(loop, stopWatching, stopListening)

  function onChange({ type, stored }: StoreEvent): void {
    if (type === 'DELETED') return forget(stored.uid)
    const old = graph.set(stored)
    lookAt(stored.uid)
    const now = graph.of(stored.uid)
    if (now.isDeletingDependents && !old.isDeletingDependents) addDependents(stored.uid)
    // A reference that went, or blocks no longer, may have been the last to hold up its owner.
    for (const owner of old.owners) if (graph.of(owner.uid).isDeletingDependents) loop.add(owner.uid)
  }

  function forget(uid: string): void {
    const { owners } = graph.delete(uid)
    unresolved.delete(uid)
    addDependents(uid)
    for (const owner of owners) if (graph.of(owner.uid).isDeletingDependents) loop.add(owner.uid)
  }

  function addDependents(uid: string): void {
    for (const dependent of graph.dependentsOf(uid)) loop.add(dependent)
  }

  /** Adds it when it may be for us to act. */
  function lookAt(uid: string): void {
    const { owners, isBeingDeleted, isDeletingDependents, isOrphaning } = graph.of(uid)
    if (isDeletingDependents || isOrphaning) loop.add(uid)
    else if (!isBeingDeleted && owners.some((owner) => !isAtPeace(owner, graph.get(uid)))) loop.add(uid)
  }

  /** Its owner is where it says, and not waiting for its dependents to go. */
  function isAtPeace(owner: OwnerReference, dependent: StoredObject | undefined): boolean {
    const found = graph.get(owner.uid)
    if (found === undefined || graph.of(owner.uid).isDeletingDependents) return false
    return found.name === owner.name && (found.namespace === '' || found.namespace === dependent?.namespace)
  }

  async function collect(uid: string): Promise<void> {
    const stored = graph.get(uid)
    const { isBeingDeleted, isDeletingDependents, isOrphaning } = graph.of(uid)
    if (stored === undefined) return
    if (isOrphaning) return await orphanDependents(stored)
    if (isDeletingDependents) return await finishForeground(stored)
    if (!isBeingDeleted) await deleteUnowned(stored)
  }

  /** What waits for its dependents: on with them, or with itself when none is left that blocks. */
  async function finishForeground(stored: StoredObject): Promise<void> {
    const blocking = graph.blockingDependentsOf(stored.uid)
    if (blocking.length === 0) return await removeFinalizer(stored, FOREGROUND_FINALIZER)
    for (const dependent of blocking) if (!graph.of(dependent).isDeletingDependents) loop.add(dependent)
  }

  async function orphanDependents(owner: StoredObject): Promise<void> {
    for (const uid of graph.dependentsOf(owner.uid)) {
      const dependent = graph.get(uid)
      if (dependent !== undefined) await changeOwners(dependent, (each) => (each.uid === owner.uid ? undefined : each))
    }
    await removeFinalizer(owner, ORPHAN_FINALIZER)
  }

  async function deleteUnowned(stored: StoredObject): Promise<void> {
    const object = objects.parse(stored)
    const owners = object.metadata.ownerReferences ?? []
    if (owners.length === 0) return
    const found = classify(stored, object, owners)
    if (found === undefined) return
    const { solid, dangling, waiting } = found
    if (solid.length > 0) {
      const gone = new Set([...dangling, ...waiting])
      if (gone.size > 0) await changeOwners(stored, (owner) => (gone.has(owner.uid) ? undefined : owner))
      return
    }
    const dependents = graph.dependentsOf(stored.uid)
    if (waiting.length > 0 && dependents.length > 0) {
      // A circle of objects that wait for each other would stand for ever: this one blocks no longer.
      if (dependents.some((each) => graph.of(each).isDeletingDependents))
        await changeOwners(stored, ({ blockOwnerDeletion: _, ...owner }) => ({ ...owner, blockOwnerDeletion: false }))
      return await remove(stored, 'Foreground')
    }
    await remove(stored, policyByFinalizer(object))
  }

  /** Uids by what became of the owner; undefined when one of them cannot be told. */
  function classify(stored: StoredObject, object: ApiObject, owners: readonly OwnerReference[]) {
    const found = { solid: [] as string[], dangling: [] as string[], waiting: [] as string[] }
    for (const owner of owners) {
      const resource = findKind(owner)
      if (resource === undefined) {
        unresolved.add(stored.uid)
        return undefined
      }
      if (stored.namespace === '' && resource.namespaced) {
        reportInvalidNamespace(object, owner)
        return undefined
      }
      found[stateOf(owner, resource, stored, object)].push(owner.uid)
    }
    return found
  }

  function stateOf(owner: OwnerReference, resource: ApiResource, dependent: StoredObject, object: ApiObject) {
    const live = store.get(resource.storage, resource.namespaced ? dependent.namespace : '', owner.name)
    if (live === undefined || live.uid !== owner.uid) {
      const elsewhere = graph.get(owner.uid)
      if (resource.namespaced && elsewhere !== undefined && elsewhere.namespace !== dependent.namespace)
        reportInvalidNamespace(object, owner)
      return 'dangling'
    }
    return graph.of(owner.uid).isDeletingDependents ? 'waiting' : 'solid'
  }

  function findKind({ apiVersion, kind }: OwnerReference): ApiResource | undefined {
    const [version = '', group = ''] = apiVersion.split('/').reverse()
    return registry.findKind(group, version, kind)
  }

  function reportInvalidNamespace(object: ApiObject, { apiVersion, kind, name, uid }: OwnerReference): void {
    const { namespace = '' } = object.metadata
    const owner = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`
    const message = `ownerRef ${owner} does not exist in namespace "${namespace}"`
    context.events.record(object, 'garbage-collector-controller', 'Warning', 'OwnerRefInvalidNamespace', message)
  }

  async function remove(stored: StoredObject, propagationPolicy: Propagation): Promise<void> {
    const resource = resourceOf(stored)
    const now = store.get(stored.storage, stored.namespace, stored.name)
    if (resource === undefined || now?.uid !== stored.uid) return
    const preconditions = { uid: stored.uid, resourceVersion: String(now.revision) }
    try {
      await client.delete(resource, stored, { propagationPolicy, preconditions })
    } catch (error) {
      if (hasCode(error, 409)) loop.add(stored.uid)
      else if (!hasCode(error, 404)) throw error
    }
  }

  async function removeFinalizer(stored: StoredObject, finalizer: string): Promise<void> {
    await change(stored, ({ finalizers = [] }) => ({ finalizers: finalizers.filter((each) => each !== finalizer) }))
  }

  async function changeOwners(
    stored: StoredObject,
    decide: (owner: OwnerReference) => OwnerReference | undefined,
  ): Promise<void> {
    await change(stored, ({ ownerReferences = [] }) => ({
      ownerReferences: ownerReferences.map(decide).filter((owner) => owner !== undefined),
    }))
  }

  /** Merges `patch` into the metadata as it is now; one that changed meanwhile is tried again. */
  async function change(
    stored: StoredObject,
    patch: (metadata: ApiObject['metadata']) => Partial<ApiObject['metadata']>,
  ): Promise<void> {
    const resource = resourceOf(stored)
    const now = store.get(stored.storage, stored.namespace, stored.name)
    if (resource === undefined || now?.uid !== stored.uid) return
    const metadata = { uid: now.uid, resourceVersion: String(now.revision), ...patch(objects.parse(now).metadata) }
    await unlessCode(client.patch(resource, stored, { metadata: JSON.parse(JSON.stringify(metadata)) }), 404)
  }

  function resourceOf({ storage }: StoredObject): ApiResource | undefined {
    return registry.list().find((resource) => resource.storage === storage)
  }
}

/** One that was begun before says how it wants to go. */
function policyByFinalizer({ metadata }: ApiObject): Propagation {
  if (metadata.finalizers?.includes(ORPHAN_FINALIZER)) return 'Orphan'
  return metadata.finalizers?.includes(FOREGROUND_FINALIZER) ? 'Foreground' : 'Background'
}
