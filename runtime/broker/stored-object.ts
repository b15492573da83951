import { isJsonObject } from '../util/json.ts'

/** An answer of the API server, without `managedFields`, and what the host reads of it. */
export interface StoredObject {
  readonly json: string
  readonly kind: string | undefined
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly resourceVersion: string
}

export function withoutManagedFields(text: string): StoredObject {
  const object: unknown = JSON.parse(text)
  const metadata = isJsonObject(object) && isJsonObject(object.metadata) ? object.metadata : {}
  delete metadata.managedFields
  return {
    json: JSON.stringify(object),
    kind: isJsonObject(object) ? textOf(object.kind) : undefined,
    namespace: textOf(metadata.namespace),
    name: textOf(metadata.name),
    resourceVersion: textOf(metadata.resourceVersion) ?? '',
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
