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
  ['[1 2]', "invalid character '2' after array element"],
])('describeJsonFault() of %j says what Go says', (text, fault) => {
  expect(describeJsonFault(text)).toBe(fault)
})
