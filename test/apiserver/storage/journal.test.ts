import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { openJournal } from '../../../runtime/apiserver/storage/journal.ts'
import { Store } from '../../../runtime/apiserver/storage/store.ts'

const MIB = 1024 * 1024

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'))
  file = join(folder, 'journal')
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

const thing = (name: string, data = '') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'a', uid: `uid of ${name}` },
  data: { data },
})

/** A store that writes all changes down. */
function open() {
  const journal = openJournal(folder)
  const store = new Store({ onCommit: (event) => journal.append(event) })
  store.restore(journal.objects, journal.revision)
  const put = (name: string, data?: string) =>
    store.put('/configmaps', thing(name, data), store.get('/configmaps', 'a', name)?.revision ?? 0)
  const remove = (name: string) =>
    store.delete('/configmaps', 'a', name, store.get('/configmaps', 'a', name)?.revision ?? 0)
  return { store, put, remove, close: () => journal.close() }
}

const contentOf = (store: Store) => [store.revision, ...store.list('/configmaps').map(({ text }) => text)]

test('openJournal() brings back what was put, changed and deleted, and the revision', () => {
  const first = open()
  first.put('x', 'tab\tand\nline')
  first.put('y')
  first.put('x', 'changed')
  first.remove('y')
  const before = contentOf(first.store)
  first.close()
  const second = open()
  expect(contentOf(second.store)).toEqual(before)
  expect(second.put('z').revision).toBe(first.store.revision + 1)
  second.close()
})

test('A journal cut off at any byte brings back the state of one of its changes, and goes on from there', () => {
  const first = open()
  const states = [contentOf(first.store)]
  for (const change of [() => first.put('x', '1'), () => first.put('y', 'ü'), () => first.remove('x')]) {
    change()
    states.push(contentOf(first.store))
  }
  first.close()
  const whole = readFileSync(file)
  const ends = states.map(() => 0)
  for (let state = 1, at = 0; state < states.length; state++) {
    at = whole.indexOf('\n', at) + 1
    ends[state] = at
  }
  for (let length = 0; length <= whole.length; length++) {
    writeFileSync(file, whole)
    truncateSync(file, length)
    const { store, put, close } = open()
    const last = ends.findLastIndex((end) => end <= length)
    expect(contentOf(store)).toEqual(states[last])
    put('after', 'the cut')
    close()
    const again = open()
    expect(again.store.get('/configmaps', 'a', 'after')).toBeDefined()
    again.close()
  }
})

test('A journal that is damaged before its end is refused, not read in part', () => {
  const first = open()
  first.put('x', '1')
  first.put('y', '2')
  first.close()
  const bytes = readFileSync(file)
  bytes[20] = (bytes[20] as number) ^ 1
  writeFileSync(file, bytes)
  expect(open).toThrow('line 1 is damaged')
})

test('A journal of many changes to few objects is rewritten, and stays readable', () => {
  const first = open()
  const data = 'x'.repeat(MIB)
  for (let i = 0; i < 40; i++) first.put('x', `${i}${data}`)
  first.put('y')
  const before = contentOf(first.store)
  first.close()
  expect(readFileSync(file).length).toBeLessThan(12 * MIB)
  const second = open()
  expect(contentOf(second.store)).toEqual(before)
  second.close()
})

test('A journal that cannot be rewritten grows on, and no change is refused or told twice for it', () => {
  const first = open()
  // Nothing can be written to where the new one would be.
  mkdirSync(`${file}.next`)
  for (let i = 0; i < 40; i++) first.put('x', `${i}${'x'.repeat(MIB)}`)
  const before = contentOf(first.store)
  first.close()
  rmSync(`${file}.next`, { recursive: true })
  const second = open()
  expect(contentOf(second.store)).toEqual(before)
  for (let i = 0; i < 40; i++) second.put('x', `${i}${'y'.repeat(MIB)}`)
  second.close()
  expect(readFileSync(file).length).toBeLessThan(50 * MIB)
})

test('What a kill left of a rewriting is thrown away', () => {
  const first = open()
  first.put('x')
  const before = contentOf(first.store)
  first.close()
  writeFileSync(`${file}.next`, readFileSync(file).subarray(0, 20))
  const second = open()
  expect(contentOf(second.store)).toEqual(before)
  second.close()
})
