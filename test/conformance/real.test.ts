import { beforeAll, describe, expect, test } from 'vitest'
import { findAssets, hasControllerManager } from '../control-plane/assets.ts'
import { type Case, nameOf } from './case.ts'
import { AREAS, CASES } from './cases/areas.ts'
import { differences } from './compare.ts'
import type { Answer } from './mask.ts'
import { askRealServer } from './real-server.ts'
import { readRecorded } from './recorded.ts'

/** The real server's caches of roles and its controllers are late on a busy machine: what differs is asked again, of a new one. */
const ROUNDS = 3

describe.skipIf(findAssets() === undefined || !hasControllerManager())('the recorded answers', () => {
  const recorded = readRecorded()
  const answers = new Map<string, readonly Answer[]>()
  const differing = (asked: Case) => differences(recorded.get(nameOf(asked)) ?? [], answers.get(nameOf(asked)) ?? [])

  beforeAll(async () => {
    let open = CASES
    for (let round = 0; round < ROUNDS && open.length > 0; round++) {
      for (const [name, answer] of await askRealServer(open)) answers.set(name, answer)
      open = open.filter((asked) => differing(asked).length > 0)
    }
  }, 400_000)

  test.each(Object.keys(AREAS))("are the real server's: %s", (area) => {
    const found = (AREAS[area] ?? []).flatMap((asked) => differing(asked).map((line) => `${nameOf(asked)}: ${line}`))
    expect(found).toEqual([])
  })
})
