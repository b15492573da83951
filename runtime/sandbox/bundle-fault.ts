import type { Message } from 'esbuild'
import type { Fault } from '../errors.ts'

const MAX_EXCERPT_LENGTH = 200

/**
 * What esbuild says, as a fault at its place. Excerpts are safe to show: esbuild has seen nothing but what the boundary
 * let through.
 * in: fallback: the file to name where esbuild names none · placeOf: esbuild's file name → the file to show
 */
export function faultOf(message: Message, fallback: string, placeOf: (name: string) => string | undefined): Fault {
  const { location } = message
  const file = location === null ? undefined : placeOf(location.file)
  if (location === null || file === undefined) return { file: fallback, line: 1, column: 1, message: message.text }
  const column = columnOf(location.lineText, location.column)
  return { file, line: location.line, column, message: message.text, ...excerptOf(location.lineText) }
}

/** esbuild counts bytes from 0, editors count UTF-16 units from 1. */
function columnOf(lineText: string, bytes: number): number {
  return Buffer.from(lineText).subarray(0, bytes).toString().length + 1
}

function excerptOf(lineText: string): { excerpt?: string } {
  if (lineText === '') return {}
  return { excerpt: lineText.length > MAX_EXCERPT_LENGTH ? `${lineText.slice(0, MAX_EXCERPT_LENGTH)}…` : lineText }
}
