import type { ApiObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import type { StoredObject } from '../storage/store.ts'
import { apiVersionOf } from './rest-request.ts'

/** The stored object in the version of the resource, for the reader to change. */
export async function readObject(resource: ApiResource, stored: StoredObject): Promise<ApiObject> {
  const object = await toVersion(resource, JSON.parse(stored.text) as ApiObject, apiVersionOf(resource))
  resource.strategy.prepareForRead?.(object)
  return object
}

/** What a write answers: what comes back of what is kept, in another version, and with defaults of what was not written. */
export async function writtenObject(
  resource: ApiResource,
  object: ApiObject,
  stored: StoredObject,
): Promise<ApiObject> {
  object.metadata.resourceVersion = String(stored.revision)
  if (apiVersionOf(resource) !== resource.storageApiVersion) return readObject(resource, stored)
  resource.strategy.prepareForRead?.(object)
  return object
}

/** In the version that is kept. */
export async function toStorageVersion(resource: ApiResource, object: ApiObject): Promise<ApiObject> {
  return toVersion(resource, object, resource.storageApiVersion)
}

async function toVersion(resource: ApiResource, object: ApiObject, apiVersion: string): Promise<ApiObject> {
  if (object.apiVersion === apiVersion) return object
  if (resource.convert !== undefined) return resource.convert(object, apiVersion)
  const { apiVersion: _, kind, ...rest } = object
  return { kind, apiVersion, ...rest } as ApiObject
}

/** The text as the resource's version has it; at once where the stored one will do, as it nearly always does. */
export function readText(resource: ApiResource, stored: StoredObject): string | Promise<string> {
  if (!stored.text.startsWith(prefixOf(resource)))
    return readObject(resource, stored).then((object) => JSON.stringify(inWriteOrder(object)))
  return resource.strategy.prepareForRead === undefined ? stored.text : preparedText(resource, stored)
}

/** The definition of a custom resource may have changed since the object was stored: looked at once for each definition. */
function preparedText(resource: ApiResource, stored: StoredObject): string {
  const known = prepared.get(stored)
  if (known?.resource === resource) return known.text
  const object = JSON.parse(stored.text) as ApiObject
  resource.strategy.prepareForRead?.(object)
  const text = JSON.stringify(inWriteOrder(object))
  // Nearly always it is what is stored: no second copy is kept then.
  const kept = { resource, text: text === stored.text ? stored.text : text }
  prepared.set(stored, kept)
  return kept.text
}

const prepared = new WeakMap<StoredObject, { readonly resource: ApiResource; readonly text: string }>()

/** What stored texts of this kind and version begin with: see inWriteOrder(). */
export function prefixOf(resource: ApiResource): string {
  return `{"kind":${JSON.stringify(resource.kind)},"apiVersion":${JSON.stringify(apiVersionOf(resource))},`
}

/** Kind and version first, so that a text's beginning tells what it is. */
export function inWriteOrder(object: ApiObject): ApiObject {
  const { kind, apiVersion, metadata, ...rest } = object
  return { kind, apiVersion, metadata: inMetadataOrder(metadata), ...rest } as ApiObject
}

/** As Go's struct has them; what else there is comes last. */
function inMetadataOrder(metadata: ApiObject['metadata']): ApiObject['metadata'] {
  const { name, generateName, namespace, uid, resourceVersion, generation, creationTimestamp, ...rest } = metadata
  const {
    deletionTimestamp,
    deletionGracePeriodSeconds,
    labels,
    annotations,
    ownerReferences,
    finalizers,
    managedFields,
    ...others
  } = rest
  const ordered = {
    ...{ name, generateName, namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp },
    ...{ deletionGracePeriodSeconds, labels, annotations, ownerReferences, finalizers, managedFields, ...others },
  }
  return Object.fromEntries(Object.entries(ordered).filter(([, value]) => value !== undefined))
}
