import { type ApiObject, isJsonObject, type JsonValue } from '../../json.ts'
import type { Column } from '../api-resource.ts'
import { readDistilledKinds } from '../distilled-kinds.ts'
import { formatHumanDuration } from './human-duration.ts'
import { findByJsonPath } from './json-path.ts'

/** As in a CustomResourceDefinition's `additionalPrinterColumns`. */
export interface PrinterColumn {
  readonly name: string
  readonly type: string
  readonly jsonPath: string
  readonly format?: string
  readonly description?: string
  readonly priority?: number
}

/**
 * Name, and the columns of a definition: without any, the age.
 * source: apiextensions-apiserver pkg/registry/customresource/tableconvertor/tableconvertor.go
 */
export function customColumns(columns: readonly PrinterColumn[] | undefined): Column[] {
  const own = columns === undefined || columns.length === 0 ? [ageColumn()] : columns
  return [nameColumn(), ...own.map(toColumn)]
}

function nameColumn(): Column {
  const description = builtInDescription('Name')
  return {
    name: 'Name',
    type: 'string',
    format: 'name',
    description,
    priority: 0,
    cell: ({ metadata }) => metadata.name ?? '',
  }
}

function ageColumn(): PrinterColumn {
  const jsonPath = '.metadata.creationTimestamp'
  return { name: 'Age', type: 'date', jsonPath, description: builtInDescription('Age') }
}

/** Both columns explain metadata's fields, in the same words wherever they are. */
function builtInDescription(column: string): string {
  const { columns = [] } = readDistilledKinds().resources.find(({ plural }) => plural === 'configmaps') ?? {}
  return columns.find(({ name }) => name === column)?.description ?? ''
}

function toColumn({ name, type, jsonPath, format = '', description, priority = 0 }: PrinterColumn): Column {
  return {
    name,
    type,
    format,
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority,
    cell: cellOf(type, jsonPath),
  }
}

function cellOf(type: string, jsonPath: string): Column['cell'] {
  const find = findByJsonPath(jsonPath)
  return (object: ApiObject, nowMs: number) => {
    const [first] = find(object)
    // Of several values the first one counts.
    return first === undefined ? null : formatCell(type, first, nowMs)
  }
}

/** A value that does not fit its column's type is left out. */
function formatCell(type: string, value: JsonValue, nowMs: number): JsonValue {
  switch (type) {
    case 'string':
      return formatText(value)
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value === 'string' ? formatDate(value, nowMs) : null
    default:
      return null
  }
}

function formatText(value: JsonValue): string {
  if (value === null) return '<no value>'
  if (typeof value !== 'object') return String(value)
  return JSON.stringify(sorted(value)).replaceAll(/[<>&]/g, escapeForHtml)
}

/** As Go writes JSON. */
function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isJsonObject(value)) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]))
}

function escapeForHtml(char: string): string {
  return `\\u00${char.charCodeAt(0).toString(16)}`
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

function formatDate(time: string, nowMs: number): string {
  if (time === '' || time === 'null') return '<unknown>'
  const atMs = RFC_3339.test(time) ? Date.parse(time) : Number.NaN
  return Number.isNaN(atMs) ? '<invalid>' : formatHumanDuration(nowMs - atMs)
}
