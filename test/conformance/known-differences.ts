import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const LINE = /^- `([^`]+)`: (.+)$/

/** Case name → reason. errors: a line that begins as one of the list and is not understood; a name twice */
export function readKnownDifferences(): Map<string, string> {
  const text = readFileSync(join(import.meta.dirname, 'known-differences.md'), 'utf8')
  const known = new Map<string, string>()
  for (const line of text.split('\n').filter((one) => one.startsWith('- '))) {
    const [, name, reason] = LINE.exec(line) ?? []
    if (name === undefined || reason === undefined) throw new Error(`known-differences.md: cannot read "${line}"`)
    if (known.has(name)) throw new Error(`known-differences.md: "${name}" is there twice`)
    known.set(name, reason)
  }
  return known
}
