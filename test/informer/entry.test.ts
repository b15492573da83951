import { describe, expect, test } from 'vitest'
import { changedParts } from '../../runtime/informer/changed-parts.ts'
import { createEntryParser } from '../../runtime/informer/entry.ts'
import { entryOf } from './feed.ts'

describe('EntryParser.parse()', () => {
  const parser = createEntryParser({ apiVersion: 'apps/v1', kind: 'Deployment' })

  test('keeps what the host needs, and the object without managedFields', () => {
    const metadata = {
      name: 'web',
      namespace: 'shop',
      uid: 'u1',
      resourceVersion: '5',
      generation: 2,
      deletionTimestamp: '2026-01-01T00:00:00Z',
      finalizers: ['a/b'],
      labels: { app: 'web' },
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Owner', name: 'o', uid: 'u0', controller: true, blockOwnerDeletion: true },
      ],
    }
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 1 } }
    const entry = parser.parse(
      structuredClone({ ...object, metadata: { ...metadata, managedFields: [{ manager: 'm' }] } }),
    )
    expect(JSON.parse(entry.json)).toEqual(object)
    expect(entry).toMatchObject({
      key: 'shop/web',
      namespace: 'shop',
      name: 'web',
      uid: 'u1',
      resourceVersion: '5',
      generation: 2,
      deletionTimestamp: '2026-01-01T00:00:00Z',
      finalizers: ['a/b'],
      labels: { app: 'web' },
      owners: [{ apiVersion: 'v1', kind: 'Owner', name: 'o', uid: 'u0', controller: true }],
    })
  })

  test('of a list item fills in apiVersion and kind', () => {
    const entry = parser.parse({ metadata: { name: 'n', resourceVersion: '1' }, spec: {} })
    expect(JSON.parse(entry.json)).toMatchObject({ apiVersion: 'apps/v1', kind: 'Deployment', spec: {} })
    expect(entry).toMatchObject({ key: 'n', namespace: undefined, generation: undefined, finalizers: [], owners: [] })
  })

  test('of something that is no object of the API throws SyntaxError', () => {
    expect(() => parser.parse({ metadata: { name: 'n' } })).toThrow(SyntaxError)
    expect(() => parser.parse({})).toThrow(SyntaxError)
  })
})

describe('changedParts()', () => {
  const all = ['spec', 'labels', 'annotations', 'status'] as const
  const base = {
    metadata: { generation: 1, labels: { a: '1' }, annotations: { n: '1' } },
    spec: { x: 1 },
    status: { s: 1 },
  }
  const old = entryOf('t', 1, base)

  test.each([
    ['nothing', base, []],
    ['the generation', { ...base, metadata: { ...base.metadata, generation: 2 } }, ['spec']],
    ['a label', { ...base, metadata: { ...base.metadata, labels: { a: '2' } } }, ['labels']],
    ['an annotation', { ...base, metadata: { ...base.metadata, annotations: { n: '2' } } }, ['annotations']],
    ['the status', { ...base, status: { s: 2 } }, ['status']],
    [
      'only the order of keys',
      { ...base, metadata: { annotations: { n: '1' }, labels: { a: '1' }, generation: 1 } },
      [],
    ],
  ])('of versions that differ in %s names what changed', (_, fields, expected) => {
    expect(changedParts(old, entryOf('t', 2, fields), all)).toEqual(expected)
  })

  test('of a kind without generation takes everything but metadata and status as spec', () => {
    const configMap = (version: number, data: string, status: number) =>
      entryOf('c', version, { data: { key: data }, status: { s: status } })
    expect(changedParts(configMap(1, 'a', 1), configMap(2, 'b', 1), ['spec'])).toEqual(['spec'])
    expect(changedParts(configMap(1, 'a', 1), configMap(2, 'a', 2), ['spec'])).toEqual([])
  })

  test('answers only for the parts asked', () => {
    expect(changedParts(old, entryOf('t', 2, { ...base, status: { s: 2 } }), ['spec', 'labels'])).toEqual([])
  })
})
