import { isJsonObject, type JsonObject } from '../json.ts'
import { OBJECT_META } from './object-meta.ts'
import type { Schema } from './schema.ts'

const META_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata'])

/**
 * Takes out of an object what its schema does not know, and answers the paths of it: sorted, what is in metadata first at the
 * root and last in embedded resources. There apiVersion, kind and metadata stay; metadata keeps what ObjectMeta has.
 * source: apiextensions-apiserver pkg/apiserver/schema/pruning/algorithm.go
 */
export function prune(schema: Schema, object: unknown): string[] {
  if (!isJsonObject(object)) return []
  const own = new Unknown()
  if (isJsonObject(object.metadata))
    pruneValue(OBJECT_META, object.metadata, { text: 'metadata', inMeta: 'metadata' }, own)
  const unknown = new Unknown()
  pruneValue({ ...schema, 'x-kubernetes-embedded-resource': true }, object, ROOT, unknown)
  return [...own.all(), ...unknown.all()]
}

/** Of a value that is no whole object, such as a default. */
export function pruneValueOf(schema: Schema, value: unknown): string[] {
  const unknown = new Unknown()
  pruneValue(schema, value, ROOT, unknown)
  return unknown.all()
}

/** The paths of what is not known. */
class Unknown {
  readonly fields: string[] = []
  readonly inMetadata: string[] = []

  all(): string[] {
    return [...this.fields.sort(), ...this.inMetadata.sort()]
  }
}

function pruneValue(schema: Schema | undefined, value: unknown, path: Path, unknown: Unknown): void {
  if (schema?.['x-kubernetes-preserve-unknown-fields'] === true) return skip(schema, value, path, unknown)
  if (Array.isArray(value))
    for (const [i, each] of value.entries()) pruneValue(schema?.items, each, item(path, i), unknown)
  if (!isJsonObject(value)) return
  for (const key of Object.keys(value)) {
    if (isMeta(schema, key)) pruneEmbeddedMeta(value, key, path, unknown)
    else if (isKnown(schema, key)) pruneValue(schemaOf(schema, key), value[key], below(path, key, schema), unknown)
    else {
      unknown.fields.push(below(path, key, undefined).text)
      delete value[key]
    }
  }
}

/** Unknown fields stay here; what is described below is pruned all the same. */
function skip(schema: Schema, value: unknown, path: Path, unknown: Unknown): void {
  if (Array.isArray(value))
    for (const [i, each] of value.entries())
      if (schema.items !== undefined) skip(schema.items, each, item(path, i), unknown)
  if (!isJsonObject(value)) return
  for (const key of Object.keys(value)) {
    if (isMeta(schema, key)) pruneEmbeddedMeta(value, key, path, unknown)
    else if (isKnown(schema, key)) pruneValue(schemaOf(schema, key), value[key], below(path, key, schema), unknown)
  }
}

function isMeta(schema: Schema | undefined, key: string): boolean {
  return schema?.['x-kubernetes-embedded-resource'] === true && META_FIELDS.has(key)
}

/** The root's has been done. Only here keys of maps stand in brackets. */
function pruneEmbeddedMeta(value: JsonObject, key: string, path: Path, unknown: Unknown): void {
  if (key !== 'metadata' || path.text === '') return
  const own = new Unknown()
  const text = `${path.inMeta}.${key}`
  pruneValue(OBJECT_META, value[key], { text, inMeta: text }, own)
  unknown.inMetadata.push(...own.all())
}

function isKnown(schema: Schema | undefined, key: string): boolean {
  if (schema === undefined) return false
  return hasProperty(schema, key) || (schema.additionalProperties ?? false) !== false
}

function hasProperty(schema: Schema, key: string): boolean {
  return schema.properties !== undefined && Object.hasOwn(schema.properties, key)
}

/** `additionalProperties: true` says nothing of the values: what is in them is not known either, as in kube-apiserver. */
function schemaOf(schema: Schema | undefined, key: string): Schema | undefined {
  if (schema === undefined) return undefined
  if (hasProperty(schema, key)) return schema.properties?.[key]
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
}

/** Where a value stands, as messages of unknown fields say it: `a.b`, and `a[b]` of what is in metadata. */
interface Path {
  readonly text: string
  readonly inMeta: string
}

const ROOT: Path = { text: '', inMeta: '' }

function below(path: Path, key: string, schema: Schema | undefined): Path {
  const text = path.text === '' ? key : `${path.text}.${key}`
  if (schema !== undefined && !hasProperty(schema, key)) return { text, inMeta: `${path.inMeta}[${key}]` }
  return { text, inMeta: path.inMeta === '' ? key : `${path.inMeta}.${key}` }
}

function item(path: Path, i: number): Path {
  return { text: `${path.text}[${i}]`, inMeta: `${path.inMeta}[${i}]` }
}
