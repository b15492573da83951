import { apiVersionOf } from '../../util/gvk.ts'
import { type Answer, jsonText } from '../http/answer.ts'
import type { ApiObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { ApiError } from '../status.ts'
import type { RestRequest } from './rest-request.ts'
import {
  type TableOptions,
  tableOptions,
  toPartialObjectMetadata,
  toPartialObjectMetadataList,
  toTable,
} from './table.ts'
import { prefixOf } from './versions.ts'

export interface ListMeta {
  readonly resourceVersion: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

/** One object as the request wants to have it. errors: ApiError 406 */
export function objectAnswer(request: RestRequest, code: number, text: string, nowMs: number): Answer {
  const { resource } = request
  const { as, apiVersion } = request.representation
  if (as === undefined) return jsonText(code, text)
  if (as === 'PartialObjectMetadataList') throw notThat(as, 'not a list', resource, resource.kind)
  const object = JSON.parse(text) as ApiObject
  const shown =
    as === 'Table'
      ? toTable(request.resource, [object], revisionOf(object), optionsOf(request), nowMs)
      : toPartialObjectMetadata(object, apiVersion)
  return jsonText(code, JSON.stringify(shown))
}

/** A list as the request wants to have it, made of the texts of its items. errors: ApiError 406 */
export function listAnswer(request: RestRequest, texts: readonly string[], meta: ListMeta, nowMs: number): Answer {
  const { resource, representation } = request
  if (representation.as === undefined) return jsonText(200, listText(resource, texts, meta))
  if (representation.as === 'PartialObjectMetadata')
    throw notThat(representation.as, 'a list', resource, resource.listKind)
  const objects = texts.map((text) => JSON.parse(text) as ApiObject)
  const shown =
    representation.as === 'Table'
      ? toTable(resource, objects, meta, optionsOf(request), nowMs)
      : toPartialObjectMetadataList(objects, meta, representation.apiVersion)
  return jsonText(200, JSON.stringify(shown))
}

/** Items of built-in kinds are written without kind and apiVersion, as kube-apiserver does. */
function listText(resource: ApiResource, texts: readonly string[], meta: ListMeta): string {
  const prefix = prefixOf(resource)
  const items = resource.isCustom
    ? texts
    : texts.map((text) => (text.startsWith(prefix) ? `{${text.slice(prefix.length)}` : text))
  const metadata = resource.isCustom ? { continue: '', ...meta } : meta
  const head = JSON.stringify({ kind: resource.listKind, apiVersion: apiVersionOf(resource), metadata })
  return `${head.slice(0, -1)},"items":[${items.join(',')}]}`
}

/** A changed object, as a watch of that representation tells it. `isFirst`: Tables name their columns once. */
export function watchedText(request: RestRequest, text: string, isFirst: boolean, nowMs: number): string {
  const { representation, resource } = request
  if (representation.as === undefined) return text
  const object = JSON.parse(text) as ApiObject
  if (representation.as !== 'Table') return JSON.stringify(toPartialObjectMetadata(object, representation.apiVersion))
  const options = { ...optionsOf(request), withoutColumns: !isFirst }
  return JSON.stringify(toTable(resource, [object], revisionOf(object), options, nowMs))
}

function optionsOf({ representation, query }: RestRequest): TableOptions {
  return { ...tableOptions(query), apiVersion: representation.apiVersion }
}

function revisionOf({ metadata }: ApiObject): object {
  return { resourceVersion: metadata.resourceVersion ?? '' }
}

/** A single object is no list, and a list no single object. source: apiserver pkg/endpoints/handlers/response.go */
function notThat(as: string, what: string, { group, isCustom }: ApiResource, kind: string): ApiError {
  if (isCustom && what === 'not a list') return new ApiError(500, undefined, 'content is not a list')
  const type = isCustom
    ? `*unstructured.Unstructured${what === 'a list' ? 'List' : ''}`
    : `*${group === '' ? 'core' : group.split('.')[0]}.${kind}`
  return new ApiError(406, 'NotAcceptable', `you requested ${as}, but the requested object is ${what} (${type})`)
}
