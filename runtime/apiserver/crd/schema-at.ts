import type { Schema } from '../schema/schema.ts'

/** The schema of a field, `.spec.size`, without indexes. A text: why there is none. */
export function schemaAt(schema: Schema, path: string): Schema | string {
  if (path.includes('[')) return 'array notation is not allowed'
  return fieldPathSchema(schema, path)
}

/** The same with quoted keys: `.labels['a.b']`. */
export function fieldPathSchema(schema: Schema, path: string): Schema | string {
  let at: Schema = schema
  let rest = path
  while (rest !== '') {
    const match = /^\.([^.[\]]+)/.exec(rest) ?? /^\['((?:[^'\\]|\\.)*)'\]/.exec(rest)
    if (match === null) return `expected [ or . but got: ${rest.split(/[.[\]]/)[0] ?? ''}`
    const { properties, additionalProperties } = at
    const next = properties !== undefined ? properties[match[1] ?? ''] : additionalProperties
    if (typeof next !== 'object') return 'does not refer to a valid field'
    at = next
    rest = rest.slice(match[0].length)
  }
  return at
}
