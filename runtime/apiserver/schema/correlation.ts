import { isDeepStrictEqual } from 'node:util'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { Schema } from './schema.ts'

/**
 * A value of an updated object beside what stood there before: what is unchanged may stay invalid ("ratcheting").
 * Items of lists have an old self only in lists of type map.
 * source: apiserver pkg/cel/common/equality.go
 */
export class Correlation {
  readonly value: unknown
  readonly old: unknown
  readonly #schema: Schema
  #isEqual: boolean | undefined

  constructor(value: unknown, old: unknown, schema: Schema) {
    this.value = value
    this.old = old
    this.#schema = schema
  }

  isEqual(): boolean {
    this.#isEqual ??= isDeepStrictEqual(this.value, this.old)
    return this.#isEqual
  }

  /** Undefined: what stands there cannot be compared with anything old. */
  key(field: string): Correlation | undefined {
    const { value, old } = this
    if (!isJsonObject(value) || !isJsonObject(old)) return undefined
    if (!Object.hasOwn(value, field) || !Object.hasOwn(old, field)) return undefined
    const schema = schemaOfField(this.#schema, field)
    return schema && new Correlation(value[field], old[field], schema)
  }

  index(index: number): Correlation | undefined {
    const { value, old } = this
    if (!Array.isArray(value) || !Array.isArray(old) || this.#schema.items === undefined) return undefined
    const oldItem = correlatedItem(this.#schema, value[index], old)
    return oldItem && new Correlation(value[index], oldItem, this.#schema.items)
  }
}

function schemaOfField(schema: Schema, field: string): Schema | undefined {
  const property = schema.properties?.[field]
  if (property !== undefined) return property
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
}

/** The item of an old list of type map with the same keys. */
export function correlatedItem(schema: Schema, item: unknown, old: unknown): JsonObject | undefined {
  if (schema['x-kubernetes-list-type'] !== 'map' || !isJsonObject(item) || !Array.isArray(old)) return undefined
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  return old.filter(isJsonObject).find((each) => keys.every((key) => isDeepStrictEqual(each[key], item[key])))
}
