import { beforeAll, describe, expect, test } from 'vitest'
import { nameOf } from './case.ts'
import { AREAS, CASES } from './cases/areas.ts'
import { differences } from './compare.ts'
import { startEmbedded } from './embedded-server.ts'
import { readKnownDifferences } from './known-differences.ts'
import type { Answer } from './mask.ts'
import { readRecorded } from './recorded.ts'
import { runAll } from './run-all.ts'

const recorded = readRecorded()
const known = readKnownDifferences()
let answers: ReadonlyMap<string, readonly Answer[]> = new Map()

beforeAll(async () => {
  const embedded = await startEmbedded()
  try {
    answers = await runAll(embedded, CASES)
  } finally {
    await embedded.stop()
  }
}, 120_000)

for (const [area, cases] of Object.entries(AREAS)) {
  describe(area, () => {
    test.each(cases.map(nameOf))('%s', (name) => {
      const found = differences(recorded.get(name) ?? [], answers.get(name) ?? [])
      if (known.has(name)) expect(found, 'it no longer differs: take it from known-differences.md').not.toEqual([])
      else expect(found).toEqual([])
    })
  })
}
