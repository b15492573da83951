import { expect, test } from 'vitest'
import { objectKeyPrefix } from '../../runtime/broker/object-key.ts'
import { Overlay } from '../../runtime/broker/overlay.ts'
import { createFakeClock } from '../fake-clock.ts'

const KEY = 'demo.io/Demo/a/x'
const write = (resourceVersion: string, json: string | undefined = '{}', uid = 'u') => ({
  ...{ version: 'v1', uid, resourceVersion, json },
})
const deletion = (resourceVersion: string, uid = 'u') => ({ version: 'v1', uid, resourceVersion, json: undefined })
const reader = (resourceVersion?: string, uid = 'u', version = 'v1') => ({
  version,
  cached: resourceVersion === undefined ? null : { uid, resourceVersion },
})

test('Overlay.lookup() passes over a write whose answer came after its own event, and after later ones', () => {
  const overlay = new Overlay(createFakeClock())
  overlay.observed(KEY, '7')
  overlay.record(KEY, write('6'))
  expect(overlay.lookup(KEY, reader('7'))).toBeUndefined()
  expect(overlay.size).toBe(0)
})

test('Overlay.record() of an answer that comes after the event of the object’s end keeps nothing', () => {
  const overlay = new Overlay(createFakeClock())
  const hasWritten = overlay.writing()
  overlay.removed(KEY, { uid: 'u', resourceVersion: '8' })
  for (const late of [write('7'), write('9'), deletion('9'), write('6', '{}', 'before')]) {
    overlay.record(KEY, late)
    expect([overlay.lookup(KEY, reader()), overlay.size]).toEqual([undefined, 0])
  }
  overlay.record(KEY, write('9', '{}', 'another'))
  expect(overlay.lookup(KEY, reader())).toMatchObject({ uid: 'another' })
  hasWritten()
})

test('Overlay.record() of a write to an object that went out of sight and came back is kept', () => {
  const overlay = new Overlay(createFakeClock())
  const hasWritten = overlay.writing()
  overlay.removed(KEY, { uid: 'u', resourceVersion: '8' })
  overlay.observed(KEY, '9')
  overlay.record(KEY, write('10'))
  expect(overlay.lookup(KEY, reader('9'))).toMatchObject({ resourceVersion: '10' })
  hasWritten()
})

test('Overlay.record() of more than 10,000 makes reads of all that it does not hold live, for a minute', async () => {
  const clock = createFakeClock()
  const overlay = new Overlay(clock)
  for (let n = 1; n <= 10_000; n++) overlay.record(`${KEY}${n}`, write('5'))
  await clock.advance(30_000)
  expect([overlay.isIncomplete, overlay.lookup(KEY, reader('4'))]).toEqual([false, undefined])
  overlay.record(`${KEY}0`, write('5'))
  expect([overlay.isIncomplete, overlay.size]).toEqual([true, 10_000])
  for (const n of ['', '1']) expect(overlay.lookup(`${KEY}${n}`, reader('4'))).toBe('expired')
  expect(overlay.lookup(`${KEY}2`, reader('4'))).toMatchObject({ resourceVersion: '5' })
  await clock.advance(60_000)
  expect([overlay.isIncomplete, overlay.lookup(`${KEY}1`, reader('4'))]).toEqual([false, undefined])
})

test('Overlay.lookup() of a deletion hides every version of that object, and none of the next one of its name', () => {
  const overlay = new Overlay(createFakeClock())
  overlay.record(KEY, deletion('7'))
  overlay.observed(KEY, '9')
  expect(overlay.lookup(KEY, reader('9'))).toMatchObject({ json: undefined })
  expect(overlay.lookup(KEY, reader('5', 'older'))).toMatchObject({ json: undefined })
  expect(overlay.lookup(KEY, reader('10', 'newer'))).toBeUndefined()
})

test('Overlay.lookup() by another version of the kind than was written asks for a live read until the cache has it', () => {
  const overlay = new Overlay(createFakeClock())
  overlay.record(KEY, write('7'))
  expect(overlay.lookup(KEY, reader('6', 'u', 'v1beta1'))).toBe('expired')
  expect(overlay.lookup(KEY, reader('6', 'u', 'v1beta1'))).toBe('expired')
  expect(overlay.lookup(KEY, reader('7', 'u', 'v1beta1'))).toBeUndefined()
})

test('Overlay.record() holds 16 Mi characters; the oldest are read live until the cache has them', () => {
  const overlay = new Overlay(createFakeClock())
  const text = 'x'.repeat(1 << 20)
  for (let n = 1; n <= 20; n++) overlay.record(`${KEY}${n}`, write(`${n}`, text))
  expect(overlay.chars).toBe(16 << 20)
  for (const n of [1, 4]) expect(overlay.lookup(`${KEY}${n}`, reader('0'))).toBe('expired')
  for (const n of [5, 20]) expect(overlay.lookup(`${KEY}${n}`, reader('0'))).toMatchObject({ json: text })
  for (let n = 1; n <= 20; n++) overlay.observed(`${KEY}${n}`, `${n}`)
  for (let n = 5; n <= 20; n++) overlay.removed(`${KEY}${n}`, { uid: 'u', resourceVersion: '99' })
  expect(overlay.chars).toBe(0)
  overlay.record(KEY, write('1', text.repeat(17)))
  expect(overlay.chars).toBe(0)
  expect(overlay.lookup(KEY, reader())).toBe('expired')
})

test('Overlay.relisted() and a minute make the next read of what the cache lacks a live one, once', async () => {
  const clock = createFakeClock()
  const overlay = new Overlay(clock)
  overlay.record(KEY, write('7'))
  overlay.record('demo.io/Demo/b/x', write('7'))
  overlay.relisted(objectKeyPrefix({ group: 'demo.io', kind: 'Demo' }, 'a'))
  expect([overlay.lookup(KEY, reader('6')), overlay.lookup(KEY, reader('6'))]).toEqual(['expired', undefined])
  expect(overlay.lookup('demo.io/Demo/b/x', reader('6'))).toMatchObject({ resourceVersion: '7' })
  await clock.advance(60_000)
  expect(overlay.lookup('demo.io/Demo/b/x', reader('6'))).toBe('expired')
})
