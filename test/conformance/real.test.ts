import { beforeAll, describe, expect, test } from 'vitest'
import { findAssets, hasControllerManager } from '../control-plane/assets.ts'
import { nameOf } from './case.ts'
import { AREAS, CASES } from './cases/areas.ts'
import { differences } from './compare.ts'
import type { Answer } from './mask.ts'
import { askRealServer } from './real-server.ts'
import { readRecorded } from './recorded.ts'

describe.skipIf(findAssets() === undefined || !hasControllerManager())('the recorded answers', () => {
  const recorded = readRecorded()
  let answers: ReadonlyMap<string, readonly Answer[]> = new Map()

  beforeAll(async () => {
    answers = await askRealServer(CASES)
  }, 170_000)

  test.each(Object.keys(AREAS))("are the real server's: %s", (area) => {
    const found = (AREAS[area] ?? []).flatMap((asked) => {
      const name = nameOf(asked)
      return differences(recorded.get(name) ?? [], answers.get(name) ?? []).map((line) => `${name}: ${line}`)
    })
    expect(found).toEqual([])
  })
})
