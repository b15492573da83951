import { expect, test } from 'vitest'
import { parseLabelSelector } from '../../runtime/informer/label-selector.ts'
import { Store } from '../../runtime/informer/store.ts'
import { entryOf } from './feed.ts'

const node = (name: string) => {
  const entry = entryOf(name, 1)
  return { ...entry, key: name, namespace: undefined }
}

test('Store.list() filters by namespace and labels', () => {
  const store = new Store()
  store.set(entryOf('a', 1, { metadata: { namespace: 'one', labels: { app: 'x' } } }))
  store.set(entryOf('b', 1, { metadata: { namespace: 'one' } }))
  store.set(entryOf('c', 1, { metadata: { namespace: 'two', labels: { app: 'x' } } }))
  const labelSelector = parseLabelSelector('app=x')
  if ('fault' in labelSelector) throw new Error(labelSelector.fault)
  const keys = (filter: Parameters<Store['list']>[0]) => store.list(filter).map(({ key }) => key)
  expect(keys({})).toEqual(['one/a', 'one/b', 'two/c'])
  expect(keys({ namespace: 'one' })).toEqual(['one/a', 'one/b'])
  expect(keys({ namespace: 'none' })).toEqual([])
  expect(keys({ labelSelector })).toEqual(['one/a', 'two/c'])
  expect(keys({ namespace: 'one', labelSelector })).toEqual(['one/a'])
})

test('Store.get() finds namespaced and cluster-scoped objects by key', () => {
  const store = new Store()
  store.set(entryOf('a', 1))
  store.set(node('n1'))
  expect(store.get('default/a')?.name).toBe('a')
  expect(store.get('n1')?.name).toBe('n1')
  expect(store.get('other/a')).toBeUndefined()
})

test('Store.size and Store.bytes follow what is set, replaced and deleted', () => {
  const store = new Store()
  const first = entryOf('a', 1)
  const second = entryOf('a', 2, { spec: { text: 'x'.repeat(100) } })
  expect(store.set(first)).toBeUndefined()
  expect(store.set(second)).toBe(first)
  expect([store.size, store.bytes]).toEqual([1, second.json.length])
  expect(store.delete('default/a')).toBe(second)
  expect(store.delete('default/a')).toBeUndefined()
  expect([store.size, store.bytes]).toEqual([0, 0])
})

test('Store.endList() answers the keys that neither came nor were deleted since beginList()', () => {
  const store = new Store()
  for (const name of ['kept', 'seen', 'deleted', 'missing']) store.set(entryOf(name, 1))
  store.beginList()
  store.set(entryOf('kept', 2))
  store.set(entryOf('new', 2))
  store.see('default/seen')
  store.delete('default/deleted')
  expect(store.get('default/missing')).toBeDefined()
  expect(store.endList()).toEqual(['default/missing'])
  expect(store.endList()).toEqual([])
})
