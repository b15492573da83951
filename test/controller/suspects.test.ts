import { expect, test } from 'vitest'
import { settle } from '../fake-clock.ts'
import { createScriptedController, type ScriptedController } from './scripted-controller.ts'

/** With all of these objects in hand. */
async function startBusy(...names: readonly string[]): Promise<ScriptedController> {
  const scripted = createScriptedController()
  for (const name of names) await scripted.put(name)
  expect(keysInFlight(scripted)).toHaveLength(names.length)
  return scripted
}

/** All that is in flight ends with the guest. */
async function die({ inFlight, clock }: ScriptedController): Promise<void> {
  await Promise.all(inFlight().map((call) => call.settles({ kind: 'died', reason: 'did not answer for 2 s' })))
  await clock.advance(0)
}

const keysInFlight = ({ inFlight }: ScriptedController) => inFlight().map(({ key }) => key)

test('Controller hands out one key at a time after a death, until each that was in hand has run alone', async () => {
  const scripted = await startBusy('bad', 'b', 'c', 'd')
  await die(scripted)
  const ranAlone: string[] = []
  while (ranAlone.length < 4) {
    const { key, attempt, returns } = scripted.call()
    ranAlone.push(key)
    expect(attempt).toBe(1)
    if (key === 'a/bad') await die(scripted)
    else await returns()
    await scripted.clock.advance(0)
  }
  expect(ranAlone.toSorted()).toEqual(['a/b', 'a/bad', 'a/c', 'a/d'])
})

test('Controller blames the key that kills a guest alone: it is counted, named and backed off', async () => {
  const scripted = await startBusy('bad')
  await die(scripted)
  const suspected = {
    level: 'warn',
    line: expect.stringMatching(/did not answer for 2 s; .* alone/),
    fields: { key: 'a/bad' },
  }
  expect(scripted.records).toEqual([suspected])
  await die(scripted)
  const blamed = {
    level: 'error',
    line: expect.stringMatching(/"a\/bad" failed \(attempt 1, .*GuestDied: .* did not answer for 2 s/),
    fields: expect.objectContaining({ key: 'a/bad' }),
  }
  expect(scripted.records).toEqual([suspected, blamed])
  await scripted.clock.advance(1000)
  expect(scripted.call()).toMatchObject({ key: 'a/bad', attempt: 2 })
})

test('Controller works side by side again once the suspects have run, and when one of them is gone', async () => {
  const scripted = await startBusy('a', 'b')
  await die(scripted)
  const { key, returns } = scripted.call()
  await scripted.remove(key === 'a/a' ? 'b' : 'a')
  await returns()
  for (const name of ['x', 'y', 'z']) await scripted.put(name)
  expect(keysInFlight(scripted)).toEqual(['a/x', 'a/y', 'a/z'])
})

test('Controller suspects nobody any more when another bundle has been loaded', async () => {
  const scripted = await startBusy('a', 'b', 'c')
  await die(scripted)
  expect(keysInFlight(scripted)).toHaveLength(1)
  scripted.controller.loaded(['reconcile'])
  await settle()
  expect(keysInFlight(scripted)).toHaveLength(3)
})
