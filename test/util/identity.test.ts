import { expect, test } from 'vitest'
import { formatIdentity, parseIdentity } from '../../runtime/util/identity.ts'

test.each([
  ['system:serviceaccount:demo:mydemo', 'ServiceAccount "demo/mydemo"'],
  ['system:serviceaccount:demo:a.b-c', 'ServiceAccount "demo/a.b-c"'],
  ['jane', 'User "jane"'],
  ['https://issuer.example.com#Jane Doe', 'User "https://issuer.example.com#Jane Doe"'],
  ['system:kube-scheduler', 'User "system:kube-scheduler"'],
])('parseIdentity() reads %s', (text, shown) => {
  const identity = parseIdentity(text)
  expect(identity && formatIdentity(identity)).toBe(shown)
})

test.each([
  '',
  ' jane',
  'jane ',
  'ja\nne',
  'jané',
  'system:serviceaccount:',
  'system:serviceaccount:demo',
  'system:serviceaccount:demo:',
  'system:serviceaccount:Demo:x',
  'system:serviceaccount:demo:x:y',
  'system:serviceaccount:demo:x_y',
  'x'.repeat(513),
])('parseIdentity() refuses %j', (text) => {
  expect(parseIdentity(text)).toBeUndefined()
})
