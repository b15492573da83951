import { describe, expect, test } from 'vitest'
import { matchesLabels, parseLabelSelector } from '../../runtime/informer/label-selector.ts'

const labels = { app: 'web', tier: 'front', 'example.com/rank': '7', empty: '' }

test.each([
  ['', true],
  ['app=web', true],
  ['app==web', true],
  ['app = web , tier = front', true],
  ['app=db', false],
  ['app=web,tier=back', false],
  ['app!=db', true],
  ['app!=web', false],
  ['missing!=x', true],
  ['missing=x', false],
  ['app in (db, web)', true],
  ['app in (db)', false],
  ['missing in (x)', false],
  ['app notin (db,x)', true],
  ['app notin (web)', false],
  ['missing notin (x)', true],
  ['app in (web),tier notin (back,middle),!missing', true],
  ['app', true],
  ['missing', false],
  ['!missing', true],
  ['! app', false],
  ['empty=', true],
  ['app=', false],
  ['empty in (,x)', true],
  ['example.com/rank>6', true],
  ['example.com/rank>7', false],
  ['example.com/rank < 10', true],
  ['app>1', false],
  ['missing>1', false],
  ['in=x', false],
  ['toString', false],
])('matchesLabels() of selector "%s" answers %s', (text, expected) => {
  const selector = parseLabelSelector(text)
  if ('fault' in selector) throw new Error(selector.fault)
  expect(matchesLabels(selector, labels)).toBe(expected)
})

describe('parseLabelSelector()', () => {
  test.each([
    'app=web,',
    ',',
    'a b',
    'app in web',
    'app in (web',
    'app=(web)',
    'app=a=b',
    '-app',
    'a/b/c',
    'Upper.Case/x',
    `app=${'x'.repeat(64)}`,
    'x'.repeat(64),
    'app>many',
    '!',
    '=x',
  ])('of "%s" answers a fault that quotes it', (text) => {
    const selector = parseLabelSelector(text)
    expect('fault' in selector && selector.fault).toContain(`Label selector "${text}"`)
  })
})

test.each([',', '(,', 'a,', 'a in (b,', '!', ' '])(
  'parseLabelSelector() reads a hundred thousand of %j within a second',
  (piece) => {
    const text = piece.repeat(200_000 / piece.length)
    const startedAt = performance.now()
    parseLabelSelector(text)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  },
)
