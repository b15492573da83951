import { expect, test } from 'vitest'
import { parseHostCall, parseLoaded, parseSettled } from '../../runtime/sandbox/guest-message.ts'

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

test.each(['"__proto__"', '"\\u005f_proto__"'])('no key %s comes in, at any depth', (key) => {
  const { args } = parseHostCall(`{"call":1,"method":"get","args":[{"a":[{${key}:{"x":1},"b":2}],${key}:1}]}`)
  expect(args).toEqual([{ a: [{ b: 2 }] }])
  expect(Object.keys(args[0] as object)).toEqual(['a'])
})

test('a text of a million values is read within a second, whatever it holds', () => {
  const text = `{"call":1,"method":"get","args":["\\u0041",{"__proto__":1},${'0,'.repeat(1_000_000)}0]}`
  const startedAt = performance.now()
  expect(parseHostCall(text).args).toHaveLength(1_000_003)
  expect(performance.now() - startedAt).toBeLessThan(500)
})
