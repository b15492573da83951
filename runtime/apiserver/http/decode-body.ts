import { DUMP_SCHEMA, load, YAMLException } from 'js-yaml'
import { isJsonObject, type JsonValue } from '../json.ts'
import { ApiError, badRequest, notImitated, unsupportedMediaType } from '../status.ts'
import { MEDIA_TYPES } from './accept.ts'
import { assertKeepable, assertKeepableYaml } from './assert-keepable.ts'
import { describeJsonFault } from './go-json-error.ts'
import { MalformedBody } from './malformed-body.ts'
import { decodeProtobuf } from './protobuf.ts'

/** A body as a value, and as JSON text where it was JSON (duplicate fields can be seen there alone). */
export interface DecodedBody {
  readonly value: JsonValue
  readonly text: string | undefined
  /** What is wrong with it and can be passed over, as YAML that has a key twice. */
  readonly faults: readonly string[]
}

/** Deeper than any real object, and what code that recurses can stand; a deeper body is refused before that. */
const MAX_USABLE_DEPTH = 1_000

/** Aliases let a short text stand for an endless one; this is near what go-yaml lets pass. */
const MAX_YAML_VALUES = 400_000

export type BodyFormat = 'json' | 'yaml' | 'protobuf'

/** JSON unless told otherwise. errors: ApiError 415; 501 for CBOR */
export function bodyFormat(contentType: string | undefined): BodyFormat {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase()
  switch (type) {
    case undefined:
    case '':
    case '*/*':
    case 'application/json':
      return 'json'
    case 'application/yaml':
      return 'yaml'
    case 'application/vnd.kubernetes.protobuf':
      return 'protobuf'
    case 'application/cbor':
      throw notImitated('CBOR')
    default:
      throw unsupportedMediaType(
        `the body of the request was in an unknown format - accepted media types include: ${MEDIA_TYPES}`,
      )
  }
}

/** errors: MalformedBody, ApiError 400 for what is nested too deeply, 501 for what could not be kept as it is */
export function decodeBody(bytes: Buffer, format: BodyFormat): DecodedBody {
  if (format === 'protobuf') return { value: decodeProtobuf(bytes), text: undefined, faults: [] }
  const text = bytes.toString('utf8')
  const { value, faults } = format === 'json' ? { value: parseJson(text), faults: [] } : parseYaml(text)
  assertDepth(value)
  return { value, text: format === 'json' ? text : undefined, faults }
}

/** errors: MalformedBody with the words of Go's decoder; ApiError 501 for what could not be kept as it is */
export function parseJson(text: string): JsonValue {
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue
  } catch {
    throw new MalformedBody(describeJsonFault(text))
  }
  assertKeepable(text)
  return value
}

function parseYaml(text: string): { value: JsonValue; faults: readonly string[] } {
  try {
    return { value: loadYaml(text, false), faults: [] }
  } catch (error) {
    const fault = error instanceof YAMLException ? duplicateKey(error, text) : undefined
    if (fault === undefined) throw error instanceof YAMLException ? malformedYaml(error) : error
    return { value: loadYaml(text, true), faults: [fault] }
  }
}

/** As go-yaml words it; of several the first. */
function duplicateKey({ reason, mark }: YAMLException, text: string): string | undefined {
  if (reason !== 'duplicated mapping key' || mark === undefined) return undefined
  const key = /^[\s-]*(?:"([^"]*)"|'([^']*)'|(.*?))\s*:/.exec(text.split('\n')[mark.line] ?? '')
  const name = key?.slice(1).find((each) => each !== undefined) ?? ''
  return `yaml: unmarshal errors:\n  line ${mark.line + 1}: key ${JSON.stringify(name)} already set in map`
}

/** `takesLast`: of values of one key, where else it is an error. errors: YAMLException, MalformedBody, ApiError 501 */
function loadYaml(text: string, takesLast: boolean): JsonValue {
  try {
    // Numbers of YAML 1.2 too, such as 1e-7. Through JSON, as kube-apiserver does: dates become text, and what JSON has no word for is gone.
    const value = load(text, { schema: DUMP_SCHEMA, json: takesLast }) ?? null
    if (sizeOf(value) > MAX_YAML_VALUES) throw new Error('document contains excessive aliasing')
    assertKeepableYaml(value, text)
    return JSON.parse(JSON.stringify(value)) as JsonValue
  } catch (error) {
    const isOwn = error instanceof ApiError || error instanceof MalformedBody
    throw isOwn || (!takesLast && error instanceof YAMLException) ? error : malformedYaml(error)
  }
}

function malformedYaml(error: unknown): MalformedBody {
  return new MalformedBody(`yaml: ${(error as Error).message.split('\n', 1)[0]}`)
}

/** As written out, without its aliases: of values, Infinity for one that holds itself. YAML's own depth is bounded. */
function sizeOf(value: unknown, known = new Map<unknown, number>()): number {
  if (typeof value !== 'object' || value === null) return 1
  const before = known.get(value)
  if (before !== undefined) return before
  known.set(value, Number.POSITIVE_INFINITY)
  const size = Object.values(value).reduce<number>((sum, each) => sum + sizeOf(each, known), 1)
  known.set(value, size)
  return size
}

/** Without recursion: that is what it protects. */
function assertDepth(value: JsonValue): void {
  let level: JsonValue[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_USABLE_DEPTH)
      throw badRequest(`the object provided is nested deeper than ${MAX_USABLE_DEPTH} levels`)
    level = level.flatMap((each) => (Array.isArray(each) ? each : isJsonObject(each) ? Object.values(each) : []))
  }
}

/** As errors show a body: the beginning, in hexadecimal digits unless it looks like an object. */
export function summarizeBody(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>'
  const start = bytes.subarray(0, 30).toString(bytes[0] === 0x7b ? 'utf8' : 'hex')
  return bytes.length > 30 ? `${start} ...` : start
}
