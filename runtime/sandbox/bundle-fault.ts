import type { Message } from 'esbuild'
import type { Fault } from '../errors.ts'

const MAX_EXCERPT_LENGTH = 200
const MAX_MESSAGE_LENGTH = 1_000

/**
 * What esbuild says, as a fault at its place. Excerpts are safe to show: esbuild has seen nothing but what the boundary
 * let through.
 * in: fallback: the file to name where esbuild names none · placeOf: esbuild's file name → the file to show
 */
export function faultOf(message: Message, fallback: string, placeOf: (name: string) => string | undefined): Fault {
  const { location } = message
  const text = cut(message.text, MAX_MESSAGE_LENGTH)
  const file = location === null ? undefined : placeOf(location.file)
  if (location === null || file === undefined) return { file: fallback, line: 1, column: 1, message: text }
  const column = columnOf(location.lineText, location.column)
  return { file, line: location.line, column, message: text, ...excerptOf(location.lineText) }
}

/** esbuild counts bytes from 0, editors count UTF-16 units from 1. */
function columnOf(lineText: string, bytes: number): number {
  return Buffer.from(lineText).subarray(0, bytes).toString().length + 1
}

function excerptOf(lineText: string): { excerpt?: string } {
  return lineText === '' ? {} : { excerpt: cut(lineText, MAX_EXCERPT_LENGTH) }
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}
