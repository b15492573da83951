import { randomUUID } from 'node:crypto'
import type { InProcessAnswer, InProcessClient } from '../../../runtime/apiserver/in-process-client.ts'
import type { ApiObject, JsonObject } from '../../../runtime/apiserver/json.ts'
import type { ApiResource } from '../../../runtime/apiserver/kinds/api-resource.ts'
import type { Registry } from '../../../runtime/apiserver/kinds/registry.ts'
import { mergePatch } from '../../../runtime/apiserver/patch/merge-patch.ts'
import { readRequestInfo } from '../../../runtime/apiserver/request-info.ts'
import { ApiError, conflict, notFound } from '../../../runtime/apiserver/status.ts'
import type { Store } from '../../../runtime/apiserver/storage/store.ts'
import { SUBRESOURCE_ACTIONS } from '../../../runtime/apiserver/subresources/serve-action.ts'
import type { Clock } from '../../../runtime/util/clock.ts'

/**
 * As much of an API as controllers' tests need, without validation, defaults and admission: names, uids, resource versions,
 * generations, finalizers, grace periods and propagation policies are kept as the API keeps them.
 */
export function createPlainApi(store: Store, registry: Registry, clock: Clock): InProcessClient {
  const client: InProcessClient = { request }
  return client

  async function request(method: string, path: string, body?: unknown): Promise<InProcessAnswer> {
    try {
      return { code: 200, body: await serve(method, new URL(path, 'http://api'), body as ApiObject) }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return { code: error.code, body: error.status }
    }
  }

  async function serve(method: string, url: URL, body: ApiObject): Promise<unknown> {
    const info = readRequestInfo(method, url.pathname, url.searchParams)
    const resource = registry.find(info.group, info.version, info.plural)
    if (resource === undefined) throw notFound({ group: '', resource: url.pathname }, '')
    const namespace = resource.namespaced ? (info.namespace ?? '') : ''
    const { name, subresource } = info
    if (subresource !== undefined && method === 'POST')
      return await act(resource, namespace, name ?? '', subresource, body)
    switch (method) {
      case 'POST':
        return create(resource, namespace, body)
      case 'DELETE':
        if (name !== undefined) return remove(resource, namespace, name, body)
        for (const each of store.list(resource.storage, namespace)) remove(resource, namespace, each.name, body)
        return body
      case 'GET':
        return JSON.parse(find(resource, namespace, name ?? '').text)
      default: {
        const old = JSON.parse(find(resource, namespace, name ?? '').text) as ApiObject
        const wanted =
          method === 'PATCH' ? (mergePatch(old as never, body as never) as unknown as ApiObject) : structuredClone(body)
        return update(resource, old, wanted, subresource)
      }
    }
  }

  function find({ storage, group, plural }: ApiResource, namespace: string, name: string) {
    const stored = store.get(storage, namespace, name)
    if (stored === undefined) throw notFound({ group, resource: plural }, name)
    return stored
  }

  function create(resource: ApiResource, namespace: string, body: ApiObject): ApiObject {
    const object = structuredClone(body)
    const { generateName = '', name = `${generateName}${randomUUID().slice(0, 5)}` } = object.metadata
    Object.assign(object.metadata, { name, uid: randomUUID(), generation: 1, creationTimestamp: now() })
    if (resource.namespaced) object.metadata.namespace = namespace
    if (resource.plural === 'namespaces') Object.assign(object, NEW_NAMESPACE)
    if (resource.plural === 'pods') object.status = { phase: 'Pending' }
    if (store.get(resource.storage, namespace, name) !== undefined) throw taken(resource, name)
    store.put(resource.storage, object, 0)
    return object
  }

  function update(
    resource: ApiResource,
    old: ApiObject,
    wanted: ApiObject,
    subresource: string | undefined,
  ): ApiObject {
    const { resourceVersion, uid, generation = 1, name = '' } = old.metadata
    for (const [field, is] of [
      ['uid', uid],
      ['resourceVersion', resourceVersion],
    ] as const) {
      const asked = wanted.metadata[field]
      if (asked !== undefined && asked !== is)
        throw conflict({ group: resource.group, resource: resource.plural }, name, field)
    }
    const object: ApiObject =
      subresource === 'status' ? { ...old, status: wanted.status } : { ...wanted, status: old.status }
    const isNewSpec = JSON.stringify(object.spec) !== JSON.stringify(old.spec)
    const { deletionTimestamp, deletionGracePeriodSeconds } = old.metadata
    object.metadata = {
      ...(subresource === 'status' ? { ...old.metadata, ...wanted.metadata } : wanted.metadata),
      generation: isNewSpec ? generation + 1 : generation,
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
      ...(deletionGracePeriodSeconds !== undefined && { deletionGracePeriodSeconds }),
    }
    const isSame =
      JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion } }) === JSON.stringify(old)
    if (isSame) return old
    const stored = store.put(resource.storage, object, Number(resourceVersion))
    if (deletionTimestamp !== undefined && isReleased(object))
      store.delete(resource.storage, stored.namespace, name, stored.revision)
    return object
  }

  function remove(resource: ApiResource, namespace: string, name: string, options: JsonObject | ApiObject): ApiObject {
    const stored = find(resource, namespace, name)
    const object = JSON.parse(stored.text) as ApiObject & { spec?: { nodeName?: string } }
    const { preconditions = {}, propagationPolicy, gracePeriodSeconds } = options as DeleteOptions
    for (const [field, asked] of Object.entries(preconditions))
      if (asked !== object.metadata[field as 'uid'])
        throw conflict({ group: '', resource: resource.plural }, name, field)
    const wanted = { Foreground: 'foregroundDeletion', Orphan: 'orphan', Background: '' }[
      propagationPolicy ?? 'Background'
    ]
    const others = (object.metadata.finalizers ?? []).filter((each) => !['foregroundDeletion', 'orphan'].includes(each))
    const finalizers = wanted === '' ? others : [...others, wanted as string]
    const isRunning = resource.plural === 'pods' && object.spec?.nodeName !== undefined
    const grace = isRunning ? (gracePeriodSeconds ?? 30) : 0
    const { deletionTimestamp = rfc3339(clock.now() + grace * 1000) } = object.metadata
    if (finalizers.length > 0) object.metadata.finalizers = finalizers
    else delete object.metadata.finalizers
    if (grace === 0 && isReleased(object)) {
      store.delete(resource.storage, namespace, name, stored.revision)
      return object
    }
    if (object.metadata.deletionTimestamp !== undefined && propagationPolicy === undefined) return object
    Object.assign(object.metadata, { deletionTimestamp, deletionGracePeriodSeconds: grace })
    store.put(resource.storage, object, stored.revision)
    return object
  }

  async function act(resource: ApiResource, namespace: string, name: string, subresource: string, body: ApiObject) {
    const action = SUBRESOURCE_ACTIONS.get(`${resource.storage}/${subresource}`)
    if (action === undefined) throw notFound({ group: '', resource: subresource }, name)
    const more = { isDryRun: false, store, client, nowMs: clock.now() }
    return await action.run({ namespace, name, body, ...more })
  }

  function now(): string {
    return rfc3339(clock.now())
  }
}

interface DeleteOptions {
  preconditions?: Record<string, string>
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan'
  gracePeriodSeconds?: number
}

const NEW_NAMESPACE = { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } }

function isReleased({ metadata, kind, spec }: ApiObject): boolean {
  const held = kind === 'Namespace' ? ((spec as { finalizers?: string[] } | undefined)?.finalizers ?? []) : []
  return (metadata.finalizers ?? []).length === 0 && held.length === 0
}

function taken({ group, plural }: ApiResource, name: string): ApiError {
  return conflict({ group, resource: plural }, name, 'it is there already')
}

function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
