import { prune } from './prune.ts'
import type { Schema } from './schema.ts'

/** As many as kube-apiserver tells. */
const MAX_ERRORS = 100

/**
 * What a body has that is not known, or twice: `unknown field "spec.x"`, `duplicate field "spec.y"`. The object is not
 * changed. `text`: the body as JSON; undefined (YAML): duplicates cannot be seen. For custom resources duplicates come
 * first, for others all stands in the order of the text, as kube-apiserver has it.
 */
export function strictFieldErrors(
  schema: Schema | undefined,
  object: unknown,
  text: string | undefined,
  isCustom = true,
): string[] {
  const unknown = schema === undefined ? [] : prune(schema, structuredClone(object))
  const fields = text === undefined ? [] : scanFields(text)
  const duplicate = fields.filter(({ isDuplicate }) => isDuplicate).map(({ path }) => path)
  const messages =
    isCustom || text === undefined
      ? [...duplicate.map(duplicateField), ...unknown.map(unknownField)]
      : inTextOrder(fields, new Set(unknown))
  return [...new Set(messages)].slice(0, MAX_ERRORS)
}

/** The field errors as one error's text: what a request with fieldValidation Strict is answered. */
export function formatStrictErrors(errors: readonly string[]): string {
  return `strict decoding error: ${errors.join(', ')}`
}

function unknownField(path: string): string {
  return `unknown field ${JSON.stringify(path)}`
}

function duplicateField(path: string): string {
  return `duplicate field ${JSON.stringify(path)}`
}

function inTextOrder(fields: readonly ScannedField[], unknown: ReadonlySet<string>): string[] {
  return fields.flatMap(({ path, isDuplicate }) => {
    if (unknown.has(path)) return [unknownField(path)]
    return isDuplicate ? [duplicateField(path)] : []
  })
}

interface ScannedField {
  readonly path: string
  /** The same key was there before, in the same object. */
  readonly isDuplicate: boolean
}

/** An object or list that is open: its path, and the keys met or the index. */
interface Open {
  readonly path: string
  readonly keys: Set<string> | undefined
  index: number
}

/** All keys of a JSON text that has been parsed before: it is well formed. */
export function scanFields(text: string): ScannedField[] {
  const fields: ScannedField[] = []
  const open: Open[] = []
  let pending = ''
  const tokens = /"(?:[^"\\]|\\.)*"\s*(:?)|[{}[\],]/g
  for (const match of text.matchAll(tokens)) {
    const [token, colon] = match
    const top = open.at(-1)
    if (token === '{' || token === '[') {
      const path = top === undefined ? '' : top.keys === undefined ? `${top.path}[${top.index}]` : pending
      open.push({ path, keys: token === '{' ? new Set() : undefined, index: 0 })
    } else if (token === '}' || token === ']') open.pop()
    else if (token === ',') {
      if (top !== undefined) top.index++
    } else if (colon === ':' && top?.keys !== undefined) {
      const key = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)) as string
      pending = top.path === '' ? key : `${top.path}.${key}`
      fields.push({ path: pending, isDuplicate: top.keys.has(key) })
      top.keys.add(key)
    }
  }
  return fields
}
