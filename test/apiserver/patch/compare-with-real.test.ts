import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ControlPlane, startControlPlane } from '../../control-plane/control-plane.ts'
import { describeOnRealServer } from '../../control-plane/describe-on-control-plane.ts'
import { tryPatches } from './strategic-differences.ts'

describeOnRealServer('strategicMergePatch() beside a real API server', () => {
  let real: ControlPlane

  beforeAll(async () => {
    real = await startControlPlane({ server: 'real' })
  }, 90_000)

  afterAll(() => real?.stop())

  test('random patches of a Deployment make the same objects and the same errors', async () => {
    for (let seed = 1; seed <= 15; seed++) expect(await tryPatches(real, seed)).toBeUndefined()
  }, 120_000)
})
