import { expect, test } from 'vitest'
import {
  createServiceAccountTokens,
  ISSUER,
  type TokenSubject,
} from '../../../runtime/apiserver/access/service-account-tokens.ts'
import { Store } from '../../../runtime/apiserver/storage/store.ts'
import { StoredObjects } from '../../../runtime/apiserver/storage/stored-objects.ts'
import { put } from './stored-policy.ts'

const bot: TokenSubject = { namespace: 'demo', account: { name: 'bot', uid: 'uid-bot' } }
const NOW = 1_700_000_000

function setUp() {
  const store = new Store()
  put(store, '/serviceaccounts', { metadata: { name: 'bot', namespace: 'demo' } })
  put(store, '/pods', { metadata: { name: 'p', namespace: 'demo' } })
  let now = NOW * 1000
  const tokens = createServiceAccountTokens({ objects: new StoredObjects(store), now: () => now })
  const later = (seconds: number) => {
    now += seconds * 1000
  }
  return { store, tokens, later }
}

test('a token speaks for its account until it expires', () => {
  const { tokens, later } = setUp()
  const token = tokens.issue(bot, [ISSUER], NOW + 600)
  expect(tokens.verify(token, [ISSUER])).toEqual({
    user: {
      name: 'system:serviceaccount:demo:bot',
      uid: 'uid-bot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:demo', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=[0-9a-f-]{36}$/)] },
    },
    audiences: [ISSUER],
  })
  later(601)
  expect(tokens.verify(token, [ISSUER])).toEqual({ error: 'service account token has expired' })
})

test('a token is for its audiences alone', () => {
  const { tokens } = setUp()
  const token = tokens.issue(bot, ['foo', 'bar'], NOW + 600)
  expect(tokens.verify(token, ['bar', 'baz'])).toHaveProperty('audiences', ['bar'])
  const error = `token audiences ["foo" "bar"] is invalid for the target audiences ["${ISSUER}"]`
  expect(tokens.verify(token, [ISSUER])).toEqual({ error })
})

test('a token dies with its account, also when another of the same name comes', () => {
  const { store, tokens } = setUp()
  const token = tokens.issue(bot, [ISSUER], NOW + 600)
  const { revision } = store.get('/serviceaccounts', 'demo', 'bot') as { revision: number }
  store.delete('/serviceaccounts', 'demo', 'bot', revision)
  expect(tokens.verify(token, [ISSUER])).toHaveProperty('error')
  put(store, '/serviceaccounts', { metadata: { name: 'bot', namespace: 'demo', uid: 'another' } })
  expect(tokens.verify(token, [ISSUER])).toHaveProperty('error')
})

test('a token that is bound to a pod names it, and dies with it', () => {
  const { store, tokens } = setUp()
  const token = tokens.issue({ ...bot, pod: { name: 'p', uid: 'uid-p' } }, [ISSUER], NOW + 600)
  expect(tokens.verify(token, [ISSUER])).toHaveProperty('user.extra', {
    'authentication.kubernetes.io/credential-id': [expect.any(String)],
    'authentication.kubernetes.io/pod-name': ['p'],
    'authentication.kubernetes.io/pod-uid': ['uid-p'],
  })
  store.delete('/pods', 'demo', 'p', (store.get('/pods', 'demo', 'p') as { revision: number }).revision)
  expect(tokens.verify(token, [ISSUER])).toHaveProperty('error')
})

test.each(['', 'abc', 'a.b.c', '..', `${'x'.repeat(10_000)}.y.z`])('%s is no token', (token) => {
  expect(setUp().tokens.verify(token, [ISSUER])).toBeUndefined()
})

test('a token of another server, or with another payload, is refused for its signature', () => {
  const forgery = { error: 'go-jose/go-jose: error in cryptographic primitive' }
  const { tokens } = setUp()
  expect(tokens.verify(setUp().tokens.issue(bot, [ISSUER], NOW + 600), [ISSUER])).toEqual(forgery)
  const [head, payload, signature] = tokens.issue(bot, [ISSUER], NOW + 600).split('.') as [string, string, string]
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  const forged = Buffer.from(JSON.stringify({ ...claims, exp: NOW * 2 })).toString('base64url')
  expect(tokens.verify(`${head}.${forged}.${signature}`, [ISSUER])).toEqual(forgery)
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  expect(tokens.verify(`${none}.${payload}.`, [ISSUER])).toEqual(forgery)
})

test('a key that is kept makes tokens outlive a restart', () => {
  const { store, tokens } = setUp()
  const token = tokens.issue(bot, [ISSUER], NOW + 600)
  const objects = new StoredObjects(store)
  const again = createServiceAccountTokens({ objects, now: () => NOW * 1000, privateKey: tokens.privateKey })
  expect(again.verify(token, [ISSUER])).toHaveProperty('user')
})
