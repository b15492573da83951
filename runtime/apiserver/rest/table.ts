import { type ApiObject, isJsonObject, type JsonValue } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { badRequest } from '../status.ts'

/** What a row bears beside its cells. */
export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TableOptions {
  /** Default: Metadata. */
  readonly includeObject?: IncludeObject
  /** `meta.k8s.io/v1` (default), or v1beta1. */
  readonly apiVersion?: string
  /** In a watch only the first event's table has column definitions. */
  readonly withoutColumns?: boolean
}

/** As the query has them. errors: ApiError 400 */
export function tableOptions(query: URLSearchParams): TableOptions {
  const includeObject = query.get('includeObject') ?? ''
  if (includeObject === '') return {}
  if (includeObject === 'None' || includeObject === 'Metadata' || includeObject === 'Object') return { includeObject }
  const why = `includeObject: Invalid value: ${JSON.stringify(includeObject)}: must be 'Metadata', 'Object', 'None', or empty`
  throw badRequest(`Unable to convert to Table as requested: ${why}`)
}

/** What `kubectl get` asks for: one row an object. */
export interface Table {
  readonly kind: 'Table'
  readonly apiVersion: string
  readonly metadata: object
  readonly columnDefinitions: readonly object[] | null
  readonly rows: readonly object[]
}

/**
 * `metadata`: of the list (resourceVersion, continue, remainingItemCount) or of the one object (resourceVersion).
 * source: apiserver pkg/endpoints/handlers/response.go asTable
 */
export function toTable(
  resource: ApiResource,
  objects: readonly ApiObject[],
  metadata: object,
  options: TableOptions,
  nowMs: number,
): Table {
  const { apiVersion = 'meta.k8s.io/v1', includeObject = 'Metadata', withoutColumns } = options
  const definitions = resource.columns.map(({ name, type, format, description, priority }) => ({
    name,
    type,
    format,
    description,
    priority,
  }))
  return {
    kind: 'Table',
    apiVersion,
    metadata,
    columnDefinitions: withoutColumns === true ? null : definitions,
    rows: objects.map((object) => ({
      cells: resource.columns.map((column) => column.cell(object, nowMs)),
      ...rowConditions(resource, object),
      object: includedObject(object, includeObject, apiVersion),
    })),
  }
}

/** Pods that have ended say so, for clients that leave them out. */
function rowConditions({ group, kind }: ApiResource, object: ApiObject): object {
  if (group !== '' || kind !== 'Pod') return {}
  const phase = isJsonObject(object.status) ? object.status.phase : undefined
  const message = typeof phase === 'string' ? POD_ENDED[phase] : undefined
  if (message === undefined) return {}
  return { conditions: [{ type: 'Completed', status: 'True', reason: phase as JsonValue, message }] }
}

const POD_ENDED: Readonly<Record<string, string>> = {
  Succeeded: 'The pod has completed successfully.',
  Failed: 'The pod failed.',
}

function includedObject(object: ApiObject, include: IncludeObject, apiVersion: string): object | null {
  switch (include) {
    case 'None':
      return null
    case 'Object':
      return object
    case 'Metadata':
      return toPartialObjectMetadata(object, apiVersion)
  }
}

/** An object with nothing but its metadata. */
export function toPartialObjectMetadata(object: ApiObject, apiVersion = 'meta.k8s.io/v1'): object {
  return { kind: 'PartialObjectMetadata', apiVersion, metadata: shownMetadata(object) }
}

/** An annotation that kube-apiserver makes only when it writes a DaemonSet whole. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation'

function shownMetadata({ kind, apiVersion, metadata }: ApiObject): ApiObject['metadata'] {
  if (kind !== 'DaemonSet' || apiVersion !== 'apps/v1') return metadata
  const { annotations = {}, ...rest } = metadata
  const { [TEMPLATE_GENERATION]: _, ...others } = annotations
  return Object.keys(others).length === 0 ? rest : { ...rest, annotations: others }
}

/** `metadata`: the list's own. */
export function toPartialObjectMetadataList(
  objects: readonly ApiObject[],
  metadata: object,
  apiVersion = 'meta.k8s.io/v1',
): object {
  const items = objects.map((object) => toPartialObjectMetadata(object, apiVersion))
  return { kind: 'PartialObjectMetadataList', apiVersion, metadata, items: items.length === 0 ? null : items }
}
