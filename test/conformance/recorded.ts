import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nameOf } from './case.ts'
import { AREAS } from './cases/areas.ts'
import type { Answer } from './mask.ts'

const folder = join(import.meta.dirname, 'recorded')

/** Case name → what the real server answered. */
export function readRecorded(): Map<string, readonly Answer[]> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return new Map(
    files.flatMap((name) =>
      Object.entries(JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, Answer[]>),
    ),
  )
}

/** One file an area, one line a case, so that a diff shows which answers have changed. */
export function writeRecorded(answers: ReadonlyMap<string, readonly Answer[]>): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name))
  for (const [area, cases] of Object.entries(AREAS)) {
    const lines = cases.map((asked) => {
      const name = nameOf(asked)
      return `${JSON.stringify(name)}:${JSON.stringify(answers.get(name))}`
    })
    writeFileSync(join(folder, `${area}.json`), `{\n${lines.join(',\n')}\n}\n`)
  }
}
