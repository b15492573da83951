import { goText } from '../go-text.ts'
import { isJsonObject, type JsonValue } from '../json.ts'
import type { ListType, MapType, MergeType } from './merge-type.ts'
import { describePathElement, fieldElement } from './path-element.ts'
import { fieldType, itemElement, matchType, narrowType, TypedValueError } from './typed-value.ts'

/**
 * Whether a value is as its schema has it: known fields, the right kinds of values, no item twice in sets and map lists.
 * errors: TypedValueError, with all that is wrong
 */
export function assertTyped(
  type: MergeType,
  value: JsonValue,
  { allowDuplicates }: { allowDuplicates: boolean },
): void {
  const errors = errorsOf(type, value, allowDuplicates).map(describeError)
  if (errors.length === 1) throw new TypedValueError(errors[0])
  if (errors.length > 1) throw new TypedValueError(['errors:', ...errors.map((each) => `  ${each}`)].join('\n'))
}

interface PathError {
  readonly path: string
  readonly message: string
}

function describeError({ path, message }: PathError): string {
  return path === '' ? message : `${path}: ${message}`
}

function errorsOf(type: MergeType, value: JsonValue, allowDuplicates: boolean): PathError[] {
  return matchType(narrowType(type, value), {
    map: (map) => mapErrors(map, value, allowDuplicates),
    scalar: (scalar) => scalarErrors(scalar, value),
    list: (list) => listErrors(list, value, allowDuplicates),
  })
}

function mapErrors(map: MapType, value: JsonValue, allowDuplicates: boolean): PathError[] {
  if (value === null) return []
  if (!isJsonObject(value)) return [{ path: '', message: `expected map, got ${formatGo(value)}` }]
  return Object.entries(value).flatMap(([name, each]) => {
    const type = fieldType(map, name)
    const path = describePathElement(fieldElement(name))
    if (type === undefined) return [{ path, message: 'field not declared in schema' }]
    return within(path, errorsOf(type, each, allowDuplicates))
  })
}

function listErrors(list: ListType, value: JsonValue, allowDuplicates: boolean): PathError[] {
  if (value === null) return []
  if (!Array.isArray(value)) return [{ path: '', message: `expected list, got ${formatGo(value)}` }]
  const seen = new Set<string>()
  const errors: PathError[] = []
  for (const [index, item] of value.entries()) {
    let element = `i:${index}`
    try {
      if (!list.isAtomic) element = itemElement(list, item)
    } catch (error) {
      // What is in an item without a name cannot be told.
      errors.push({ path: '', message: `element ${index}: ${(error as Error).message}` })
      return errors
    }
    const path = describePathElement(element)
    if (seen.has(element) && !allowDuplicates) errors.push({ path: '', message: `duplicate entries for key ${path}` })
    seen.add(element)
    errors.push(...within(path, errorsOf(list.item(), item, allowDuplicates)))
  }
  return errors
}

function scalarErrors(scalar: NonNullable<MergeType['scalar']>, value: JsonValue): PathError[] {
  if (value === null) return []
  const found = typeof value
  if (scalar === 'numeric' && found !== 'number')
    return [{ path: '', message: `expected numeric (int or float), got ${goTypeOf(value)}` }]
  if (scalar === 'string' && found !== 'string')
    return [{ path: '', message: `expected string, got &value.valueUnstructured{Value:${formatGoSyntax(value)}}` }]
  if (scalar === 'boolean' && found !== 'boolean')
    return [{ path: '', message: `expected boolean, got ${formatGo(value)}` }]
  if (scalar === 'untyped' && found === 'object')
    return [{ path: '', message: `expected any scalar, got ${formatGo(value)}` }]
  return []
}

function within(path: string, errors: readonly PathError[]): PathError[] {
  return errors.map((each) => ({ path: path + each.path, message: each.message }))
}

/** Go's %T. */
function goTypeOf(value: JsonValue): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (isJsonObject(value)) return 'map[string]interface {}'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** Go's %v of a value in its wrapper. */
function formatGo(value: JsonValue): string {
  return `&{${goText(value)}}`
}

/** Go's %#v. */
function formatGoSyntax(value: JsonValue): string {
  if (value === null) return 'interface {}(nil)'
  if (Array.isArray(value)) return `[]interface {}{${value.map(formatGoSyntax).join(', ')}}`
  if (!isJsonObject(value)) return JSON.stringify(value)
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[string]interface {}{${fields.map(([name, each]) => `${JSON.stringify(name)}:${formatGoSyntax(each)}`).join(', ')}}`
}
