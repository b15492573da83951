import { expect, test } from 'vitest'
import { createLineSplitter } from '../../runtime/informer/line-splitter.ts'

const text = '{"a":"ä€😀"}\n{"b":2}\n\n{"c":"x"}\n'

test('LineSplitter.push() gives the same lines however the bytes are cut', () => {
  const bytes = Buffer.from(text)
  for (let size = 1; size <= bytes.length; size++) {
    const splitter = createLineSplitter()
    const lines: string[] = []
    for (let at = 0; at < bytes.length; at += size) lines.push(...splitter.push(bytes.subarray(at, at + size)))
    expect(lines).toEqual(['{"a":"ä€😀"}', '{"b":2}', '{"c":"x"}'])
    expect(splitter.pendingBytes).toBe(0)
  }
})

test('LineSplitter.push() keeps a line that has not ended', () => {
  const splitter = createLineSplitter()
  expect([...splitter.push(Buffer.from('{"a":1}\n{"b"'))]).toEqual(['{"a":1}'])
  expect(splitter.pendingBytes).toBe(4)
})

test('LineSplitter.push() of a line past the bound throws RangeError', () => {
  const splitter = createLineSplitter(10)
  expect([...splitter.push(Buffer.from('12345'))]).toEqual([])
  expect(() => [...splitter.push(Buffer.from('678901'))]).toThrow(RangeError)
})

test('LineSplitter.push() looks at the bytes of a long line a fixed number of times', () => {
  const splitter = createLineSplitter()
  const chunk = Buffer.alloc(1024, 0x20)
  const startedMs = performance.now()
  for (let i = 0; i < 16 * 1024; i++) for (const _ of splitter.push(chunk)) throw new Error('There is no line yet')
  expect([...splitter.push(Buffer.from('\n'))]).toHaveLength(1)
  // 16 MiB in 16,384 pieces: a copy at each piece would be 128 GiB
  expect(performance.now() - startedMs).toBeLessThan(5_000)
})
