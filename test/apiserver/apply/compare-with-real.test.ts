import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ControlPlane, startControlPlane } from '../../control-plane/control-plane.ts'
import { describeOnRealServer } from '../../control-plane/describe-on-control-plane.ts'
import { defineGadgets, tryScenario } from './apply-differences.ts'

describeOnRealServer('applyObject() and trackUpdate() beside a real API server', () => {
  let real: ControlPlane

  beforeAll(async () => {
    real = await startControlPlane({ server: 'real' })
    await defineGadgets(real)
  }, 90_000)

  afterAll(() => real?.stop())

  test('random sequences of applies, patches and updates end with the same owners, objects and conflicts', async () => {
    for (let seed = 1; seed <= 30; seed++) expect(await tryScenario(real, seed)).toBeUndefined()
  }, 120_000)
})
