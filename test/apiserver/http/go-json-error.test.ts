import { expect, test } from 'vitest'
import { describeJsonFault } from '../../../runtime/apiserver/http/go-json-error.ts'

test.each([
  ['{bad', "invalid character 'b' looking for beginning of object key string"],
  ['{"a":1', 'unexpected end of JSON input'],
  ['', 'unexpected end of JSON input'],
  ['{"a":1}x', "invalid character 'x' after top-level value"],
  ['{"a":01}', "invalid character '1' after object key:value pair"],
  ['{"a":trx}', "invalid character 'x' in literal true (expecting 'u')"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
  ['{"a":"\\x"}', "invalid character 'x' in string escape code"],
  ['{"a":é}', "invalid character 'Ã' looking for beginning of value"],
  ['{"a":\x7f}', "invalid character '\\x7f' looking for beginning of value"],
  ['{"é":1}é', "invalid character 'Ã' after top-level value"],
  ['[1 2]', "invalid character '2' after array element"],
])('describeJsonFault() of %j says what Go says', (text, fault) => {
  expect(describeJsonFault(text)).toBe(fault)
})

test('describeJsonFault() of bytes that are no UTF-8 says which byte it is, as Go does', () => {
  const fault = "invalid character '\\u009e' looking for beginning of value"
  expect(describeJsonFault(Buffer.from('nope', 'base64url'))).toBe(fault)
})
