import { randomInt, randomUUID } from 'node:crypto'
import type { ApiObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { badRequest, invalid } from '../status.ts'
import { rfc3339 } from '../timestamp.ts'

/** Without vowels and what looks alike: no words by chance. source: apimachinery pkg/util/rand */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const SUFFIX_LENGTH = 5
const MAX_GENERATED_LENGTH = 63

/** errors: ApiError 400 where the path names another namespace. */
export function fillNamespace({ namespaced }: ApiResource, object: ApiObject, namespace: string | undefined): void {
  const { metadata } = object
  if (!namespaced) {
    delete metadata.namespace
    return
  }
  if (metadata.namespace !== undefined && metadata.namespace !== '' && metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  if (namespace !== undefined) metadata.namespace = namespace
}

/** errors: ApiError 400 where path and object disagree. */
export function assertName(object: ApiObject, name: string): void {
  const own = object.metadata.name ?? ''
  if (own === '')
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  if (own !== name) throw badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`)
}

/** What the server alone decides. */
export function fillSystemFields(object: ApiObject, nowMs: number): void {
  wipeSystemFields(object)
  object.metadata.uid = randomUUID()
  object.metadata.creationTimestamp = rfc3339(nowMs)
}

/** What a create may send and nobody comes to own. */
export function wipeSystemFields({ metadata }: ApiObject): void {
  delete metadata.uid
  delete metadata.creationTimestamp
  delete metadata.deletionTimestamp
  delete metadata.deletionGracePeriodSeconds
  delete (metadata as Record<string, unknown>).selfLink
}

/** errors: ApiError 422 where there is neither name nor generateName. */
export function fillName(resource: ApiResource, { metadata }: ApiObject): void {
  if ((metadata.name ?? '') !== '') return
  if ((metadata.generateName ?? '') === '') {
    const detail = 'name or generateName is required'
    throw invalid(resource, '', [{ reason: 'FieldValueRequired', field: 'metadata.name', detail }])
  }
  metadata.name = generateName(metadata.generateName as string)
}

export function generateName(prefix: string): string {
  const suffix = Array.from({ length: SUFFIX_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return prefix.slice(0, MAX_GENERATED_LENGTH - SUFFIX_LENGTH) + suffix
}
