import { expect, test } from 'vitest'
import { fieldSelectorFault, labelSelectorFault } from '../../runtime/config/selector-syntax.ts'

test.each([
  'app=web',
  'app==web',
  'app!=web',
  'app = web , tier != db',
  'app',
  '!app',
  'example.com/app in (a, b,c)',
  'app notin (a),b=c',
  'app=',
  'n>3',
  'n < 4',
])('labelSelectorFault(%j) finds nothing', (text) => {
  expect(labelSelectorFault(text)).toBeUndefined()
})

test.each([
  '',
  'a b',
  'a=b=c',
  'a in b',
  'a in ()x',
  'a=b,',
  '-a=b',
  'a/b/c=d',
  'a=ü',
  `${'a'.repeat(64)}=b`,
  'a in (b',
  'n>x',
])('labelSelectorFault(%j) finds the fault', (text) => {
  expect(labelSelectorFault(text)).toContain('no label requirement')
})

test.each(['metadata.name=web', 'status.phase!=Failed,spec.nodeName==n1', 'a=', 'a=b\\,c'])(
  'fieldSelectorFault(%j) finds nothing',
  (text) => {
    expect(fieldSelectorFault(text)).toBeUndefined()
  },
)

test.each(['', 'a', 'a=b,', '=b', 'a=b=c', 'a in (b)'])('fieldSelectorFault(%j) finds the fault', (text) => {
  expect(fieldSelectorFault(text)).toContain('no field requirement')
})
