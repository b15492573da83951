import { isMap, type Json } from './json.ts'
import type { Answer } from './mask.ts'

/** One line for each place where the answers to a case differ. */
export function differences(real: readonly Answer[], other: readonly Answer[]): string[] {
  return compareAt('step', real as unknown as Json, other as unknown as Json)
}

function compareAt(path: string, real: Json | undefined, other: Json | undefined): string[] {
  if (isMap(real) && isMap(other)) {
    const keys = [...new Set([...Object.keys(real), ...Object.keys(other)])]
    return keys.flatMap((key) => compareAt(`${path}.${key}`, real[key], other[key]))
  }
  if (Array.isArray(real) && Array.isArray(other)) {
    const indices = Array.from({ length: Math.max(real.length, other.length) }, (_, index) => index)
    return indices.flatMap((index) => compareAt(`${path}[${index}]`, real[index], other[index]))
  }
  if (JSON.stringify(real) === JSON.stringify(other)) return []
  const [a, b] = [textOf(real), textOf(other)]
  const from = Math.max(0, commonPrefix(a, b) - 60)
  return [`${path}: real ${shown(a, from)}, other ${shown(b, from)}`]
}

function textOf(json: Json | undefined): string {
  return json === undefined ? 'nothing' : JSON.stringify(json)
}

function commonPrefix(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}

/** Long texts from a little before where they part. */
function shown(text: string, from: number): string {
  if (text.length <= 400) return text
  const end = from + 300
  return `${from > 0 ? '…' : ''}${text.slice(from, end)}${end < text.length ? '…' : ''}`
}
