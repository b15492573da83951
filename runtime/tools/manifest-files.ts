import { globSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseYamlDocuments, type YamlFault, type YamlNode } from '../config/yaml-document.ts'
import { type Fault, RuntimeError } from '../errors.ts'

/** An object as a file has it. */
export interface Manifest {
  /** Absolute. */
  readonly file: string
  /** Where the object begins, from 1. */
  readonly line: number
  readonly object: ManifestObject
}

export interface ManifestObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata?: {
    readonly name?: string
    readonly namespace?: string
    readonly generateName?: string
    readonly [field: string]: unknown
  }
  readonly [field: string]: unknown
}

/**
 * Reads the objects of YAML and JSON files: several in one file, lists taken apart.
 * in:      patterns relative to `dir`, as crd/*.yaml; a folder stands for the manifests in it
 * errors:  RuntimeError CONFIG_INVALID for a pattern without a file, and for each document that is no object, all with their places
 */
export function readManifests(dir: string, patterns: readonly string[], isWanted = (_: string) => true): Manifest[] {
  const files = [...new Set(patterns.flatMap((pattern) => filesOf(dir, pattern)))].filter(isWanted)
  return files.flatMap(manifestsIn)
}

function filesOf(dir: string, pattern: string): string[] {
  const path = resolve(dir, pattern)
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  const found = isFolder
    ? globSync('*.{yaml,yml,json}', { cwd: path }).map((name) => join(path, name))
    : globSync(pattern, { cwd: dir }).map((name) => resolve(dir, name))
  if (found.length > 0) return found.sort()
  const what = isFolder
    ? `there is no .yaml, .yml or .json file in "${path}"`
    : `no file is named "${pattern}" in "${dir}"`
  throw new RuntimeError('CONFIG_INVALID', `Cannot find manifests: ${what}`)
}

function manifestsIn(file: string): Manifest[] {
  const text = readFileSync(file, 'utf8')
  const faultAt = ({ offset, message }: YamlFault): Fault => ({ file, ...placeAt(text, offset), message })
  const { values, roots, faults } = parseYamlDocuments(text)
  refuse(faults.map(faultAt))
  const found = values.flatMap((value, index) => itemsOf(value, roots[index]))
  refuse(found.flatMap(({ value, node }) => faultsOf(value, node)).map(faultAt))
  return found.map(({ value, node: { offset } }) => ({
    file,
    line: placeAt(text, offset).line,
    object: value as ManifestObject,
  }))
}

function placeAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}

interface Found {
  readonly value: unknown
  readonly node: YamlNode
}

/** A list is taken apart, an empty document is none. */
function itemsOf(value: unknown, node: YamlNode = { offset: 0 }): Found[] {
  if (value === null || value === undefined) return []
  const { kind, items } = value as { kind?: unknown; items?: unknown }
  if (kind !== 'List' || !Array.isArray(items)) return [{ value, node }]
  const nodes = node.entries?.get('items')?.node.items
  return items.map((item, index) => ({ value: item, node: nodes?.[index] ?? node }))
}

/** Whatever is read of an object here, before the API server sees it. */
function faultsOf(value: unknown, { offset, entries }: YamlNode): YamlFault[] {
  if (!isMapping(value)) return [{ offset, message: `expected an object, found ${JSON.stringify(value)}` }]
  const { metadata = {} } = value
  const metadataAt = entries?.get('metadata')?.node ?? { offset }
  const named = ['name', 'namespace'].filter((key) => isMapping(metadata) && metadata[key] !== undefined)
  return [
    ...['apiVersion', 'kind']
      .filter((key) => typeof value[key] !== 'string' || value[key] === '')
      .map((key) => ({ offset: entries?.get(key)?.node.offset ?? offset, message: `${key} must be there, as a text` })),
    ...(isMapping(metadata) ? [] : [{ offset: metadataAt.offset, message: 'metadata must be an object' }]),
    ...named
      .filter((key) => typeof (metadata as Record<string, unknown>)[key] !== 'string')
      .map((key) => ({
        offset: metadataAt.entries?.get(key)?.node.offset ?? offset,
        message: `metadata.${key} must be a text: put it in quotes`,
      })),
  ]
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(faults: readonly Fault[]): void {
  const [first] = faults
  if (first === undefined) return
  const { file, line, column, message } = first
  throw new RuntimeError('CONFIG_INVALID', `Cannot read "${file}": line ${line}, column ${column}: ${message}`, {
    faults,
  })
}
