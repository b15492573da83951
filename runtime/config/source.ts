import type { Fault } from '../errors.ts'
import { parseYamlDocument, type YamlNode } from './yaml-document.ts'

/** Longer lines are cut in excerpts: a config in one JSON line would fill the terminal. */
const MAX_EXCERPT_CHARS = 160

/** Keys and indexes that lead to a value. */
export type Path = readonly (string | number)[]

/** Where something stands in a file; line and column from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** A config file that was read: its value, and the place of everything in it. */
export interface Source {
  readonly file: string
  readonly value: unknown
  /** What makes the text no YAML, or no single document without duplicate keys. */
  readonly faults: readonly Fault[]
  /** Of the value at `path`, or of the nearest one around it that is there. */
  placeOf(path: Path): Place
  /** Of the value at `path`; `key: true` names the key instead, where the value is not to blame. */
  fault(path: Path, message: string, options?: { key?: boolean }): Fault
}

/** Reads `text`; `root` leads to the part that is the config, as `['ostler']` does in a package.json. */
export function readSource({ file, text, root = [] }: { file: string; text: string; root?: Path }): Source {
  const document = parseYamlDocument(text)
  const lines = text.split('\n')
  const faultAt = (offset: number, message: string): Fault => {
    const place = placeAt(offset)
    return { file, ...place, message, excerpt: excerptOf(lines[place.line - 1] ?? '') }
  }
  return {
    file,
    value: valueAt(document.value, root),
    faults: document.faults.map(({ offset, message }) => faultAt(offset, message)),
    placeOf: (path) => ({ file, ...placeAt(offsetOf(document.root, [...root, ...path], false)) }),
    fault: (path, message, { key = false } = {}) => faultAt(offsetOf(document.root, [...root, ...path], key), message),
  }

  function placeAt(offset: number): { line: number; column: number } {
    const before = text.slice(0, offset)
    const lineStart = before.lastIndexOf('\n') + 1
    return { line: before.split('\n').length, column: offset - lineStart + 1 }
  }
}

/** The value at `path`, or undefined where there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, step) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, step)) return undefined
    return (inner as Record<string | number, unknown>)[step]
  }, value)
}

function offsetOf(root: YamlNode | undefined, path: Path, ofKey: boolean): number {
  let node = root
  let offset = root?.offset ?? 0
  for (const [index, step] of path.entries()) {
    const entry = node?.entries?.get(String(step))
    const next = entry?.node ?? (typeof step === 'number' ? node?.items?.[step] : undefined)
    if (next === undefined) return offset
    offset = ofKey && index === path.length - 1 && entry !== undefined ? entry.keyOffset : next.offset
    node = next
  }
  return offset
}

function excerptOf(line: string): string {
  const text = line.trimEnd()
  return text.length > MAX_EXCERPT_CHARS ? `${text.slice(0, MAX_EXCERPT_CHARS)}…` : text
}
