import { type EncodedSourceMap, originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import { shownPath } from '../util/shown-path.ts'
import type { Bundle } from './bundle.ts'
import { isInstalled } from './bundle-resolve.ts'

/** A place in a source file, as a Fault has it. */
export interface Place {
  /** Relative to the working directory when inside it. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** The source line, for files of the handler's author. */
  readonly excerpt?: string
}

type MappedBundle = Pick<Bundle, 'name' | 'code' | 'sourceMap'>

const MAX_EXCERPT_LENGTH = 200

interface Decoded {
  readonly map: TraceMap
  readonly lines: readonly string[]
}

/** Decoding a map takes milliseconds; a handler that throws at every call has it decoded once. */
const decoded = new WeakMap<MappedBundle, Decoded>()

/**
 * Rewrites the frames of a guest's stack to the files the handler was written in.
 * in:      frames `    at name (mydemo.handler.js:12:3)` or `    at mydemo.handler.js:12:3`, the name being bundle.name
 * returns: the same text with `(handlers/mydemo.ts:7:9)`; all else, the message's own lines too, stays as it is
 */
export function mapStack(stack: string, bundle: MappedBundle): string {
  return stack
    .split('\n')
    .map((line) => {
      const frame = frameIn(line, bundle)
      const place = frame && placeAt(frame, bundle)
      if (frame === undefined || place === undefined) return line
      return `${line.slice(0, frame.start)}${shownPath(place.real)}:${place.line}:${place.column}${line.slice(frame.end)}`
    })
    .join('\n')
}

/** Where a stack comes from: the first frame in the author's own files, else the first in an installed package. */
export function placeOf(stack: string, bundle: MappedBundle): Place | undefined {
  const places = stack.split('\n').flatMap((line) => {
    const frame = frameIn(line, bundle)
    const place = frame && placeAt(frame, bundle)
    return place ? [place] : []
  })
  const place = places.find(({ real }) => !isInstalled(real)) ?? places[0]
  if (place === undefined) return undefined
  const { real, line, column } = place
  return { file: shownPath(real), line, column, ...excerptAt(real, line, bundle) }
}

interface Frame {
  /** Where in the text of the stack's line the file name begins, and where the column ends. */
  readonly start: number
  readonly end: number
  readonly line: number
  readonly column: number
}

/** The guest writes its stacks itself, so nothing but a name that we gave and two small numbers is taken from them. */
function frameIn(text: string, { name }: MappedBundle): Frame | undefined {
  if (!/^\s+at /.test(text)) return undefined
  const start = text.lastIndexOf(`${name}:`)
  if (start === -1 || !' ('.includes(text[start - 1] as string)) return undefined
  const numbers = /^(\d{1,9}):(\d{1,9})(?=\)?$)/.exec(text.slice(start + name.length + 1))
  if (numbers === null) return undefined
  const end = start + name.length + 1 + numbers[0].length
  return { start, end, line: Number(numbers[1]), column: Number(numbers[2]) }
}

function placeAt({ line, column }: Frame, bundle: MappedBundle) {
  if (line < 1) return undefined
  const { map, lines } = decode(bundle)
  const place = originalPositionFor(map, { line, column: Math.max(0, column - 1 - shiftAt(line, column, lines)) })
  return place.source === null ? undefined : { real: place.source, line: place.line, column: place.column + 1 }
}

/**
 * How far vm2 has moved a column: it puts a statement of its own before the first one of each `catch` block, which esbuild
 * has printed on a line by itself. Everything else stays where it was.
 * source: vm2 lib/transformer.js, CatchClause
 */
function shiftAt(line: number, column: number, lines: readonly string[]): number {
  const name = /\bcatch \(([\w$]+)\) \{$/.exec(lines[line - 2] ?? '')?.[1]
  if (name === undefined) return 0
  const indent = /^ */.exec(lines[line - 1] ?? '')?.[0].length ?? 0
  const inserted = `${name}=VM2_INTERNAL_STATE_DO_NOT_USE_OR_PROGRAM_WILL_FAIL.handleException(${name});`.length
  return column - 1 >= indent + inserted ? inserted : 0
}

function decode(bundle: MappedBundle): Decoded {
  const known = decoded.get(bundle)
  if (known !== undefined) return known
  const map = new TraceMap(bundle.sourceMap === '' ? EMPTY_MAP : bundle.sourceMap)
  const made = { map, lines: bundle.code.split('\n') }
  decoded.set(bundle, made)
  return made
}

const EMPTY_MAP = { version: 3, sources: [], names: [], mappings: '' } satisfies EncodedSourceMap

function excerptAt(real: string, line: number, bundle: MappedBundle): { excerpt?: string } {
  const { map } = decode(bundle)
  const excerpt = map.sourcesContent?.[map.sources.indexOf(real)]?.split('\n')[line - 1]
  if (excerpt === undefined) return {}
  return { excerpt: excerpt.length > MAX_EXCERPT_LENGTH ? `${excerpt.slice(0, MAX_EXCERPT_LENGTH)}…` : excerpt }
}
