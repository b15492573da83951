import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { type MessageFields, messageFields } from '../kinds/protobuf-messages.ts'
import { notImitated } from '../status.ts'
import { MalformedBody } from './malformed-body.ts'

/** `k8s` and a zero byte; behind it a runtime.Unknown. source: apimachinery pkg/runtime/serializer/protobuf/protobuf.go */
const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00])

/**
 * Reads an object in Kubernetes' protobuf, which clients made with generated types send for built-in kinds, kubectl among
 * them. What is zero and might as well be absent is left out, as in the JSON that such clients write.
 * errors:  MalformedBody; ApiError 501 for a kind whose field numbers are not known
 */
export function decodeProtobuf(bytes: Buffer): JsonObject {
  if (!bytes.subarray(0, 4).equals(MAGIC))
    throw new MalformedBody('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  const { typeMeta = {}, raw } = readUnknown(bytes.subarray(4))
  const { apiVersion = '', kind = '' } = typeMeta
  const fields = messageFields(apiVersion, kind)
  if (fields === undefined) throw notImitated(`protobuf bodies of ${apiVersion} ${kind}: send application/json`)
  return { apiVersion, kind, ...readMessage(raw, fields) }
}

function readUnknown(bytes: Buffer): { typeMeta?: { apiVersion?: string; kind?: string }; raw: Buffer } {
  let typeMeta = {}
  let raw: Buffer = Buffer.alloc(0)
  for (const { number, content } of fieldsIn(bytes)) {
    if (number === 1) typeMeta = readMessage(content as Buffer, { 1: 'apiVersion string', 2: 'kind string' })
    if (number === 2) raw = content as Buffer
  }
  return { typeMeta, raw }
}

/** One field as it is on the wire: a number for varints, else its bytes. */
interface WireField {
  readonly number: number
  readonly content: bigint | Buffer
}

function* fieldsIn(bytes: Buffer): Generator<WireField> {
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at)
    at = tag.next
    const number = Number(tag.value >> 3n)
    switch (Number(tag.value & 7n)) {
      case 0: {
        const { value, next } = readVarint(bytes, at)
        at = next
        yield { number, content: value }
        break
      }
      case 1:
        yield { number, content: slice(bytes, at, 8) }
        at += 8
        break
      case 2: {
        const { value, next } = readVarint(bytes, at)
        yield { number, content: slice(bytes, next, Number(value)) }
        at = next + Number(value)
        break
      }
      case 5:
        yield { number, content: slice(bytes, at, 4) }
        at += 4
        break
      default:
        throw new MalformedBody('proto: illegal wireType')
    }
  }
}

function slice(bytes: Buffer, at: number, length: number): Buffer {
  if (length < 0 || at + length > bytes.length) throw new MalformedBody('unexpected EOF')
  return bytes.subarray(at, at + length)
}

function readVarint(bytes: Buffer, from: number): { value: bigint; next: number } {
  let value = 0n
  for (let at = from, shift = 0n; shift < 70n; at++, shift += 7n) {
    const byte = bytes[at]
    if (byte === undefined) throw new MalformedBody('unexpected EOF')
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return { value, next: at + 1 }
  }
  throw new MalformedBody('proto: integer overflow')
}

function readMessage(bytes: Buffer, fields: MessageFields): JsonObject {
  const object: JsonObject = {}
  for (const { number, content } of fieldsIn(bytes)) {
    // A newer client's field.
    const [name, type] = fields[number]?.split(' ') ?? []
    if (name !== undefined && type !== undefined) addField(object, name, type, content)
  }
  return object
}

function addField(object: JsonObject, name: string, type: string, content: bigint | Buffer): void {
  if (name === '.') return void Object.assign(object, readValue(type, content))
  if (type.startsWith('[]')) {
    object[name] ??= []
    const items = object[name] as JsonValue[]
    items.push(...readItems(type.slice(2), content))
  } else if (type.startsWith('map:')) {
    object[name] ??= {}
    const map = object[name] as JsonObject
    const { key, value } = readEntry(type.slice(4), content as Buffer)
    map[key] = value
  } else {
    const isKept = type.endsWith('?')
    const value = readValue(isKept ? type.slice(0, -1) : type, content)
    if (value !== undefined && (isKept || !isZero(value))) object[name] = value
  }
}

/** Numbers may come packed, several in one field. */
function readItems(type: string, content: bigint | Buffer): JsonValue[] {
  if (type === 'int' && content instanceof Buffer) {
    const items: JsonValue[] = []
    for (let at = 0; at < content.length; ) {
      const { value, next } = readVarint(content, at)
      items.push(toInteger(value))
      at = next
    }
    return items
  }
  return [readValue(type, content) ?? null]
}

function readEntry(type: string, content: Buffer): { key: string; value: JsonValue } {
  let key = ''
  let value: JsonValue | undefined
  for (const field of fieldsIn(content)) {
    if (field.number === 1) key = String(field.content)
    if (field.number === 2) value = readValue(type, field.content)
  }
  return { key, value: value ?? emptyOf(type) }
}

function emptyOf(type: string): JsonValue {
  if (type === 'string' || type === 'bytes' || type === 'quantity') return ''
  return type.startsWith('list:') ? [] : {}
}

/** Undefined: nothing, as a time that is not set. */
function readValue(type: string, content: bigint | Buffer): JsonValue | undefined {
  if (typeof content === 'bigint') return type === 'bool' ? content !== 0n : toInteger(content)
  const special = SPECIAL[type]
  if (special !== undefined) return special(content)
  if (type.startsWith('list:'))
    return [...fieldsIn(content)].map((field) => readValue(type.slice(5), field.content) ?? null)
  const fields = messageFields(type)
  if (fields === undefined) throw new Error(`There is no message "${type}"`)
  return readMessage(content, fields)
}

const SPECIAL: Readonly<Record<string, (content: Buffer) => JsonValue | undefined>> = {
  string: (content) => content.toString('utf8'),
  bytes: (content) => content.toString('base64'),
  double: (content) => (content.length === 8 ? content.readDoubleLE() : content.readFloatLE()),
  time: (content) => readTime(content, 0),
  microTime: (content) => readTime(content, 6),
  duration: (content) => formatDuration(numbersIn(content)[1] ?? 0),
  quantity: (content) => String(textIn(content, 1) ?? ''),
  intOrString: (content) => (numbersIn(content)[1] === 1 ? (textIn(content, 3) ?? '') : (numbersIn(content)[2] ?? 0)),
  raw: (content) => JSON.parse(textIn(content, 1) || 'null') as JsonValue,
  fields: (content) => JSON.parse(textIn(content, 1) || '{}') as JsonValue,
}

function readTime(content: Buffer, digits: 0 | 6): string | undefined {
  const { 1: seconds, 2: nanos = 0 } = numbersIn(content)
  if (seconds === undefined) return undefined
  const iso = new Date(seconds * 1000).toISOString().slice(0, 19)
  return digits === 0 ? `${iso}Z` : `${iso}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`
}

/** Nanoseconds, as Go's time.Duration writes whole seconds; a fraction stays one. */
function formatDuration(nanoseconds: number): string {
  return `${nanoseconds / 1e9}s`
}

function numbersIn(content: Buffer): Record<number, number> {
  return Object.fromEntries(
    [...fieldsIn(content)]
      .filter((field) => typeof field.content === 'bigint')
      .map((field) => [field.number, toInteger(field.content as bigint)]),
  )
}

function textIn(content: Buffer, number: number): string | undefined {
  const field = [...fieldsIn(content)].find((each) => each.number === number)
  return field === undefined ? undefined : String(field.content)
}

/** Two's complement of 64 bits. */
function toInteger(value: bigint): number {
  return Number(BigInt.asIntN(64, value))
}

function isZero(value: JsonValue): boolean {
  return value === '' || value === 0 || value === false || (!isJsonObject(value) && value === null)
}
