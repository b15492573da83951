import { expect, test } from 'vitest'
import { parseLabelSelector } from '../../../runtime/apiserver/rest/label-selector.ts'

test.each([
  ['a=b', { a: 'b' }, true],
  ['a==b', { a: 'c' }, false],
  ['a!=b', {}, true],
  ['a in (b,c)', { a: 'c' }, true],
  ['a in ()', { a: '' }, true],
  ['a notin (b)', {}, true],
  ['a notin (b)', { a: 'b' }, false],
  ['a', { a: '' }, true],
  ['!a', { a: '' }, false],
  ['a>1,a<3', { a: '2' }, true],
  ['a>1', { a: 'x' }, false],
  ['a=', { a: '' }, true],
  ['a=b,c!=d', { a: 'b', c: 'd' }, false],
])('parseLabelSelector(%j) of %j is %s', (text, labels, isMatch) => {
  expect(parseLabelSelector(text)?.(labels)).toBe(isMatch)
})

test.each([
  ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
  ['a===b', "unable to parse requirement: found '=', expected: identifier"],
  [',', "found ',', expected: !, identifier, or 'end of string'"],
  ['a in', "unable to parse requirement: found '' expected: '('"],
])('parseLabelSelector(%j) is refused in the words of kube-apiserver', (text, message) => {
  expect(() => parseLabelSelector(text)).toThrow(message)
})

test('parseLabelSelector() of nothing selects everything', () => {
  expect(parseLabelSelector('')).toBeUndefined()
})
