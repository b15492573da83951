import type { JsonValue } from '../../json.ts'

const CONTEXT = 3
/** Beyond so many pairs of lines nothing is compared: all of the one goes, all of the other comes. */
const MAX_PAIRS = 250_000

interface Line {
  readonly mark: ' ' | '-' | '+'
  readonly text: string
}

/**
 * What differs between two values, as `diff -u` shows their JSON; empty where nothing does.
 * source: apimachinery pkg/util/diff. differs: fields have the names and the order of the API, not of Go's internal types
 */
export function unifiedDiff(before: JsonValue, after: JsonValue): string {
  const lines = compareLines(toLines(before), toLines(after))
  return hunksOf(lines)
    .map(([start, end]) => formatHunk(lines, start, end))
    .join('')
}

function toLines(value: JsonValue): string[] {
  return JSON.stringify(value, undefined, 1).split('\n')
}

function compareLines(before: readonly string[], after: readonly string[]): Line[] {
  if (before.length * after.length > MAX_PAIRS) return [...marked('-', before), ...marked('+', after)]
  const common = commonLengths(before, after)
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      lines.push({ mark: ' ', text: before[i++] as string })
      j++
    } else if (at(common, i + 1, j) >= at(common, i, j + 1)) lines.push({ mark: '-', text: before[i++] as string })
    else lines.push({ mark: '+', text: after[j++] as string })
  }
  return [...lines, ...marked('-', before.slice(i)), ...marked('+', after.slice(j))]
}

/** How many lines both have in common from line `i` of the one and `j` of the other on. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const common = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0))
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      (common[i] as number[])[j] =
        before[i] === after[j] ? at(common, i + 1, j + 1) + 1 : Math.max(at(common, i + 1, j), at(common, i, j + 1))
  return common
}

function at(common: readonly number[][], i: number, j: number): number {
  return common[i]?.[j] ?? 0
}

function marked(mark: Line['mark'], texts: readonly string[]): Line[] {
  return texts.map((text) => ({ mark, text }))
}

/** From and to, where the changes are near each other together. */
function hunksOf(lines: readonly Line[]): [number, number][] {
  const hunks: [number, number][] = []
  lines.forEach(({ mark }, index) => {
    if (mark === ' ') return
    const [start, end] = [Math.max(0, index - CONTEXT), Math.min(lines.length, index + CONTEXT + 1)]
    const last = hunks.at(-1)
    if (last !== undefined && start <= last[1]) last[1] = end
    else hunks.push([start, end])
  })
  return hunks
}

function formatHunk(lines: readonly Line[], start: number, end: number): string {
  const shown = lines.slice(start, end)
  const range = (other: Line['mark'], sign: string) => {
    const skipped = lines.slice(0, start).filter(({ mark }) => mark !== other).length
    const count = shown.filter(({ mark }) => mark !== other).length
    return `${sign}${count === 0 ? skipped : skipped + 1}${count === 1 ? '' : `,${count}`}`
  }
  const text = shown.map(({ mark, text }) => `${mark}${text}\n`).join('')
  return `@@ ${range('+', '-')} ${range('-', '+')} @@\n${text}`
}
