import { globSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { loadAll } from 'js-yaml'
import { type Fault, RuntimeError } from '../errors.ts'

/** An object as a file has it. */
export interface Manifest {
  /** Absolute. */
  readonly file: string
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
 * errors:  RuntimeError CONFIG_INVALID for a pattern without a file, and for each document that is no object, with its place
 */
export function readManifests(dir: string, patterns: readonly string[], isWanted = (_: string) => true): Manifest[] {
  const files = [...new Set(patterns.flatMap((pattern) => filesOf(dir, pattern)))].filter(isWanted)
  return files.flatMap((file) => objectsIn(file).map((object) => ({ file, object })))
}

function filesOf(dir: string, pattern: string): string[] {
  const path = resolve(dir, pattern)
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  const found = isFolder
    ? globSync('*.{yaml,yml,json}', { cwd: path }).map((name) => join(path, name))
    : globSync(pattern, { cwd: dir }).map((name) => resolve(dir, name))
  if (found.length > 0) return found.sort()
  throw new RuntimeError('CONFIG_INVALID', `Cannot find manifests: no file is named "${pattern}" in "${dir}"`)
}

function objectsIn(file: string): ManifestObject[] {
  const documents = parse(file).filter((document) => document !== null && document !== undefined)
  return documents.flatMap((document) => itemsOf(document)).map((object, index) => checked(file, object, index))
}

function parse(file: string): unknown[] {
  try {
    return loadAll(readFileSync(file, 'utf8'))
  } catch (error) {
    const { mark, reason } = error as { mark?: { line: number; column: number }; reason?: string }
    if (mark === undefined) throw error
    throw invalid(file, { line: mark.line + 1, column: mark.column + 1, message: reason ?? 'no YAML' })
  }
}

function itemsOf(document: unknown): unknown[] {
  const { kind, items } = document as { kind?: unknown; items?: unknown }
  return kind === 'List' && Array.isArray(items) ? items : [document]
}

function checked(file: string, object: unknown, index: number): ManifestObject {
  const { apiVersion, kind } = (object ?? {}) as Partial<ManifestObject>
  if (typeof apiVersion === 'string' && typeof kind === 'string') return object as ManifestObject
  throw invalid(file, { line: 1, column: 1, message: `document ${index + 1} has no apiVersion and kind` })
}

function invalid(file: string, fault: Omit<Fault, 'file'>): RuntimeError {
  const message = `Cannot read "${file}": line ${fault.line}, column ${fault.column}: ${fault.message}`
  return new RuntimeError('CONFIG_INVALID', message, { faults: [{ file, ...fault }] })
}
