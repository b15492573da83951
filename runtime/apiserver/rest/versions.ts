import { apiVersionOf } from '../../util/gvk.ts'
import type { ApiObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import type { StoredObject } from '../storage/store.ts'

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
  if (!isInVersion(resource, stored)) return convertedText(resource, stored)
  return resource.strategy.prepareForRead === undefined ? stored.text : preparedText(resource, stored)
}

/** Converted even if it has been before. */
export function readFreshText(resource: ApiResource, stored: StoredObject): string | Promise<string> {
  return isInVersion(resource, stored) ? readText(resource, stored) : convert(resource, stored)
}

export function isInStorageVersion({ kind, storageApiVersion }: ApiResource, { text }: StoredObject): boolean {
  return text.startsWith(prefixFor(kind, storageApiVersion))
}

function isInVersion(resource: ApiResource, { text }: StoredObject): boolean {
  return text.startsWith(prefixOf(resource))
}

async function convert(resource: ApiResource, stored: StoredObject): Promise<string> {
  return JSON.stringify(inWriteOrder(await readObject(resource, stored)))
}

/**
 * Converted once for each definition, as kube-apiserver's cache does: a webhook is not asked again with every list and watch,
 * and once for all watchers of a change.
 */
function convertedText(resource: ApiResource, stored: StoredObject): string | Promise<string> {
  const texts = preparedOf(resource)
  const known = texts.get(stored)
  if (known !== undefined) return known
  const asked = convert(resource, stored)
  texts.set(stored, asked)
  asked.then(
    (text) => texts.set(stored, text),
    () => texts.delete(stored),
  )
  return asked
}

/** The definition of a custom resource may have changed since the object was stored: looked at once for each definition. */
function preparedText(resource: ApiResource, stored: StoredObject): string | Promise<string> {
  const texts = preparedOf(resource)
  const known = texts.get(stored)
  if (known !== undefined) return known
  const object = JSON.parse(stored.text) as ApiObject
  resource.strategy.prepareForRead?.(object)
  const text = JSON.stringify(inWriteOrder(object))
  // Nearly always it is what is stored: no second copy is kept then.
  const kept = text === stored.text ? stored.text : text
  texts.set(stored, kept)
  return kept
}

/** Texts of stored objects, as a version of a resource has them; a promise: it is being converted. */
type PreparedTexts = WeakMap<StoredObject, string | Promise<string>>

/** A changed definition is another resource: what was made by the old one goes with it. */
const prepared = new WeakMap<ApiResource, PreparedTexts>()

function preparedOf(resource: ApiResource): PreparedTexts {
  const known = prepared.get(resource)
  if (known !== undefined) return known
  const texts: PreparedTexts = new WeakMap()
  prepared.set(resource, texts)
  return texts
}

/** What stored texts of this kind and version begin with: see inWriteOrder(). */
export function prefixOf(resource: ApiResource): string {
  return prefixFor(resource.kind, apiVersionOf(resource))
}

function prefixFor(kind: string, apiVersion: string): string {
  return `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`
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
