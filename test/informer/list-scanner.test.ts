import { describe, expect, test } from 'vitest'
import { createListScanner } from '../../runtime/informer/list-scanner.ts'

function scan(text: string, chunkBytes = text.length): { items: unknown[]; envelope: unknown } {
  const scanner = createListScanner()
  const bytes = Buffer.from(text)
  const items: unknown[] = []
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    for (const item of scanner.push(bytes.subarray(at, at + chunkBytes))) items.push(JSON.parse(item))
  }
  return { items, envelope: JSON.parse(scanner.end()) }
}

const items = [
  { metadata: { name: 'a"b\\' }, items: [{ x: [1, { y: ']}' }] }], text: '{"items":[' },
  { metadata: { name: 'ü€😀' }, spec: {} },
  {},
]
const metadata = { resourceVersion: '7', continue: 'token', remainingItemCount: 3 }

describe('ListScanner.push()', () => {
  test('gives the same items however the bytes are cut', () => {
    const text = JSON.stringify({ kind: 'ThingList', apiVersion: 'v1', metadata, items }, undefined, 1)
    for (let size = 1; size <= 64; size++) {
      const found = scan(text, size)
      expect(found.items).toEqual(items)
      expect(found.envelope).toEqual({ kind: 'ThingList', apiVersion: 'v1', metadata, items: [] })
    }
  })

  test('takes items that stand before the metadata', () => {
    expect(scan(JSON.stringify({ items, metadata }), 3)).toEqual({ items, envelope: { items: [], metadata } })
  })

  test('is not misled by a deeper "items", by one that is no array, or by another array', () => {
    const text = JSON.stringify({
      metadata: { items: [{ no: 1 }] },
      other: [{ no: 2 }],
      kind: 'items',
      list: [{ no: 3 }],
    })
    expect(scan(text, 2)).toEqual({ items: [], envelope: JSON.parse(text) })
    expect(scan('{"items":null,"metadata":{}}')).toEqual({ items: [], envelope: { items: null, metadata: {} } })
  })

  test('of an item past the bound throws RangeError', () => {
    const scanner = createListScanner(100)
    const text = JSON.stringify({ items: [{ text: 'x'.repeat(200) }] })
    expect(() => [...scanner.push(Buffer.from(text))]).toThrow(RangeError)
  })
})

test('ListScanner.end() of a text that is cut off throws SyntaxError', () => {
  const scanner = createListScanner()
  expect([...scanner.push(Buffer.from('{"items":[{"a":1},{"b"'))]).toEqual(['{"a":1}'])
  expect(() => scanner.end()).toThrow(SyntaxError)
})
