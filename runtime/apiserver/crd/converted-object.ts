import { describeFieldError, type FieldError } from '../field-error.ts'
import { goNameOf } from '../http/go-names.ts'
import { type ApiObject, isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { checkAnnotations, checkLabels } from '../kinds/strategies/object-meta.ts'

/** Why what a webhook made of an object is not taken. */
export class ConversionFault extends Error {
  override readonly name = 'ConversionFault'
  /** It is no object of any kind. */
  readonly isUnreadable: boolean

  constructor(message: string, isUnreadable = false) {
    super(message)
    this.isUnreadable = isUnreadable
  }
}

/**
 * What a webhook made of an object, with the metadata that it had: of that a webhook may change labels and annotations alone.
 * errors: ConversionFault
 */
export function convertedObject(original: ApiObject, answer: JsonValue | undefined, toApiVersion: string): ApiObject {
  const { apiVersion = '', kind = '', ...converted } = asObject(answer)
  const invalid = (why: string) => new ConversionFault(`invalid object${why}`)
  if (apiVersion !== toApiVersion)
    throw invalid(` at index 0: invalid groupVersion (expected ${toApiVersion}, received ${String(apiVersion)})`)
  if (kind !== original.kind)
    throw invalid(` at index 0: invalid kind (expected ${original.kind}, received ${String(kind)})`)
  const metadata = isJsonObject(converted.metadata) ? converted.metadata : {}
  for (const [field, title] of [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['uid', 'UID'],
  ] as const) {
    const [before, after] = [original.metadata[field] ?? '', metadata[field] ?? '']
    if (before !== after) throw invalid(`: must have the same ${title}: ${before} != ${String(after)}`)
  }
  return { kind, apiVersion, ...converted, metadata: restoredMetadata(original, metadata) } as unknown as ApiObject
}

function asObject(answer: JsonValue | undefined): JsonObject {
  if (answer === undefined || answer === null) throw new ConversionFault('unexpected end of JSON input', true)
  if (!isJsonObject(answer))
    throw new ConversionFault(
      `json: cannot unmarshal ${goNameOf(answer)} into Go value of type map[string]interface {}`,
      true,
    )
  if (typeof answer.kind === 'string' && answer.kind !== '') return answer
  throw new ConversionFault(`Object 'Kind' is missing in '${JSON.stringify(answer)}'`, true)
}

function restoredMetadata(original: ApiObject, answered: JsonObject): ApiObject['metadata'] {
  const { labels: _, annotations: __, ...kept } = original.metadata
  const metadata: ApiObject['metadata'] = kept
  for (const field of ['labels', 'annotations'] as const) {
    const given = answered[field]
    if (given === undefined || given === null) continue
    metadata[field] = checkedTexts(field, given)
  }
  return metadata
}

function checkedTexts(field: 'labels' | 'annotations', given: JsonValue): Record<string, string> {
  const invalid = (why: string) => new ConversionFault(`invalid metadata: ${why}`)
  if (!isJsonObject(given)) throw invalid(`invalid metadata.${field} of type ${goType(given)} in converted object`)
  for (const [key, value] of Object.entries(given))
    if (typeof value !== 'string')
      throw invalid(`metadata.${field}[${key}] must be a string, but is ${goType(value)} in converted object`)
  const texts = given as Record<string, string>
  const errors =
    field === 'labels' ? checkLabels(texts, 'metadata.labels') : checkAnnotations(texts, 'metadata.annotation')
  if (errors.length > 0) throw invalid(aggregate(errors))
  return texts
}

function aggregate(errors: readonly FieldError[]): string {
  const texts = errors.map((error) => `${error.field}: ${describeFieldError(error)}`)
  return texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`
}

/** As Go's `%T` names what came of JSON. */
function goType(value: JsonValue): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'object') return 'map[string]interface {}'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'number' ? (Number.isInteger(value) ? 'int64' : 'float64') : 'string'
}
