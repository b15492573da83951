import { expect, test } from 'vitest'
import { Overlay } from '../../runtime/broker/overlay.ts'
import { createFakeClock } from '../fake-clock.ts'

const json = (uid: string) => JSON.stringify({ metadata: { uid } })

test('Overlay.lookup() of a write that the cache has not shown for 60 s is expired, once, and the text is kept no longer', async () => {
  const clock = createFakeClock()
  const overlay = new Overlay(clock)
  overlay.record('a', { resourceVersion: '1', json: json('u') })
  await clock.advance(59_999)
  expect(overlay.lookup('a')).toMatchObject({ json: json('u') })
  await clock.advance(1)
  overlay.record('b', { resourceVersion: '2', json: json('v') })
  expect(overlay.keys()).toEqual(['b', 'a'])
  expect(overlay.lookup('a')).toBe('expired')
  expect(overlay.lookup('a')).toBeUndefined()
})

test('Overlay.observed() ends a write that was too old like any other', async () => {
  const clock = createFakeClock()
  const overlay = new Overlay(clock)
  for (const key of ['caught-up', 'deleted', 'behind']) overlay.record(key, { resourceVersion: '5', json: json(key) })
  await clock.advance(60_000)
  overlay.observed('caught-up', '5')
  overlay.observed('deleted', undefined)
  overlay.observed('behind', '4')
  expect(overlay.keys()).toEqual(['behind'])
})

test('Overlay.gone() ends the writes to that object, and not those to the next one of its name', () => {
  const overlay = new Overlay(createFakeClock())
  overlay.record('a', { resourceVersion: '1', json: json('old') })
  overlay.gone('a', 'new')
  expect(overlay.keys()).toEqual(['a'])
  overlay.gone('a', 'old')
  expect(overlay.keys()).toEqual([])
})

test('Overlay.record() keeps no more than 10,000 writes, read or too old to be', async () => {
  const clock = createFakeClock()
  const overlay = new Overlay(clock)
  const record = (from: number) => {
    for (let i = from; i < from + 15_000; i++) overlay.record(`o-${i}`, { resourceVersion: '1', json: json('u') })
  }
  record(0)
  expect(overlay.keys()).toHaveLength(10_000)
  await clock.advance(60_000)
  record(20_000)
  expect(overlay.keys()).toHaveLength(20_000)
  expect(overlay.lookup('o-20000')).toBeUndefined()
  expect(overlay.lookup('o-34999')).toMatchObject({ resourceVersion: '1' })
})
