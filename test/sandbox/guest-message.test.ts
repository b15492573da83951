import { expect, test } from 'vitest'
import { parseLoaded, parseSettled } from '../../runtime/sandbox/guest-message.ts'

test('parseLoaded() cuts names and types that are no strings', () => {
  const loaded = parseLoaded(JSON.stringify({ exports: { ['x'.repeat(200)]: 'function', odd: 1 } }))
  expect(loaded).toEqual({ kind: 'exports', exports: { ['x'.repeat(100)]: 'function', odd: '' } })
})

test('parseSettled() gives a thrown nothing a name and empty texts', () => {
  expect(parseSettled('{"error":{"message":5}}')).toEqual({
    kind: 'error',
    error: { name: 'Error', message: '', stack: '' },
    terminal: false,
  })
})

test.each(['', 'null', '1', '[]', '"x"', '{"ok":', '{"error":1}'])('parseSettled() refuses %j', (text) => {
  expect(() => parseSettled(text)).toThrow('Cannot read a settled frame')
})
