import { expect, test } from 'vitest'
import { matchSubpath } from '../../runtime/sandbox/bundle-package.ts'

test.each([
  ['a string', './a.js', '.', './a.js'],
  ['a string, for a subpath', './a.js', './b', undefined],
  ['conditions in their order', { require: './r.js', default: './d.js', import: './i.js' }, '.', './d.js'],
  ['conditions that do not hold', { node: './n.js', deno: './d.js' }, '.', undefined],
  ['nested conditions that fall through', { browser: { deno: './x.js' }, default: './d.js' }, '.', './d.js'],
  ['an array', [{ node: './n.js' }, './a.js'], '.', './a.js'],
  ['null', { './a': null }, './a', undefined],
  ['an exact subpath before a pattern', { './*': './x/*.js', './a': './exact.js' }, './a', './exact.js'],
  ['the longest pattern', { './*': './x/*', './lib/*': './y/*' }, './lib/a', './y/a'],
  ['a pattern with an ending', { './*.js': './x/*.js' }, './a/b.js', './x/a/b.js'],
  ['a pattern that needs something', { './a*': './x/*' }, './a', undefined],
  ['null for a pattern', { './*': './x/*', './internal/*': null }, './internal/a', undefined],
  ['a wildcard with a dollar', { './*': './x/*' }, './$&', './x/$&'],
  ['a target that is too long', { './*': `./${'*'.repeat(2_000)}` }, './a', undefined],
  ['nothing', undefined, '.', undefined],
  ['a number', 7, '.', undefined],
])('matchSubpath() of %s', (_, map, subpath, expected) => {
  expect(matchSubpath(map, subpath, 'import')).toBe(expected)
})

test('matchSubpath() tells require from import', () => {
  const map = { import: './i.js', require: './r.js' }
  expect([matchSubpath(map, '.', 'import'), matchSubpath(map, '.', 'require')]).toEqual(['./i.js', './r.js'])
})
