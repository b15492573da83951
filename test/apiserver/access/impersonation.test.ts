import { expect, test } from 'vitest'
import { type DistinctHeaders, impersonate } from '../../../runtime/apiserver/access/impersonation.ts'
import { RbacAuthorizer } from '../../../runtime/apiserver/access/rbac-authorizer.ts'
import type { User } from '../../../runtime/apiserver/access/user.ts'
import { StoredObjects } from '../../../runtime/apiserver/storage/stored-objects.ts'
import { info, refusal, storeWith, user } from './stored-policy.ts'

const admin = user('admin', 'system:masters')
const subjects = [{ kind: 'User', name: 'ann' }]
const listPods = info('GET', '/api/v1/pods')

function become(requester: User, headers: DistinctHeaders, ...rules: object[]): User {
  const authorizer = new RbacAuthorizer(new StoredObjects(storeWith({ name: 'r', rules, subjects })))
  return impersonate(requester, headers, listPods, authorizer.decide.bind(authorizer))
}

const may = (resource: string, ...resourceNames: string[]) => ({
  apiGroups: [resource.startsWith('userextras') || resource === 'uids' ? 'authentication.k8s.io' : ''],
  resources: [resource],
  verbs: ['impersonate'],
  resourceNames,
})

test('impersonate() without headers leaves the requester', () => {
  expect(become(admin, {})).toBe(admin)
})

test('impersonate() puts a user into system:authenticated, with uid and unescaped extra keys', () => {
  const headers = { 'impersonate-user': ['z'], 'impersonate-uid': ['7'], 'impersonate-extra-foo%2fbar': ['a', 'b'] }
  expect(become(admin, headers)).toEqual({
    name: 'z',
    uid: '7',
    groups: ['system:authenticated'],
    extra: { 'foo/bar': ['a', 'b'] },
  })
})

test('impersonate() gives a service account its groups, unless groups are named', () => {
  const name = 'system:serviceaccount:demo:bot'
  const own = ['system:serviceaccounts', 'system:serviceaccounts:demo', 'system:authenticated']
  expect(become(admin, { 'impersonate-user': [name] }).groups).toEqual(own)
  const headers = { 'impersonate-user': [name], 'impersonate-group': ['g'] }
  expect(become(admin, headers).groups).toEqual(['g', 'system:authenticated'])
})

test('impersonate() of system:anonymous does not make it authenticated', () => {
  expect(become(admin, { 'impersonate-user': ['system:anonymous'] }).groups).toEqual(['system:unauthenticated'])
})

test('impersonate() asks for the right to each of name, group, uid and extra', () => {
  const headers = {
    'impersonate-user': ['z'],
    'impersonate-group': ['g'],
    'impersonate-uid': ['7'],
    'impersonate-extra-scope': ['s'],
  }
  const rules = [may('users', 'z'), may('groups', 'g'), may('uids', '7'), may('userextras/scope', 's')]
  expect(become(user('ann'), headers, ...rules).name).toBe('z')
  for (const left of rules) {
    const others = rules.filter((rule) => rule !== left)
    expect(() => become(user('ann'), headers, ...others)).toThrow('cannot impersonate-on:user-info:list')
  }
})

test('impersonate() refuses in the words of the constrained mode that applies first', () => {
  const refused = (name: string) => refusal(() => become(user('ann'), { 'impersonate-user': [name] }))
  expect(refused('z')).toMatchObject({
    code: 403,
    message:
      'pods is forbidden: User "ann" cannot impersonate-on:user-info:list resource "pods" in API group "" at the cluster scope',
  })
  expect(refused('system:serviceaccount:a:b')).toHaveProperty(
    'message',
    expect.stringContaining('cannot impersonate-on:serviceaccount:list resource'),
  )
})

test('impersonate() by a constrained mode is for the verbs that are allowed with it, and never for system:masters', () => {
  const rules = [
    { apiGroups: [''], resources: ['pods'], verbs: ['impersonate-on:user-info:list'] },
    { apiGroups: ['authentication.k8s.io'], resources: ['users', 'groups'], verbs: ['impersonate:user-info'] },
  ]
  expect(become(user('ann'), { 'impersonate-user': ['z'] }, ...rules).name).toBe('z')
  const masters = { 'impersonate-user': ['z'], 'impersonate-group': ['system:masters'] }
  expect(() => become(user('ann'), masters, ...rules)).toThrow('impersonating the system:masters group is not allowed')
  expect(() => become(user('ann'), { 'impersonate-user': ['z'] }, rules[1] as object)).toThrow('impersonate-on')
})

test('impersonate() of groups without a user is a bad request, in Go', () => {
  expect(refusal(() => become(admin, { 'impersonate-group': ['g'] }))).toMatchObject({
    code: 400,
    message:
      'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"g"}, Extra:map[string][]string(nil)} without impersonating a user name',
  })
})

test('impersonate() tries the mode first that let the requester through last, and refuses in its words', () => {
  const authorizer = new RbacAuthorizer(
    new StoredObjects(storeWith({ name: 'r', rules: [may('users', 'z'), may('users', 'y')], subjects })),
  )
  const lastModes = new Map()
  const ask = (name: string) => {
    const headers = { 'impersonate-user': [name] }
    return impersonate(user('ann'), headers, listPods, authorizer.decide.bind(authorizer), lastModes)
  }
  const constrained = expect.stringContaining('cannot impersonate-on:user-info:list resource "pods"')
  expect(refusal(() => ask('x'))).toHaveProperty('message', constrained)
  expect(ask('z').name).toBe('z')
  expect(refusal(() => ask('x'))).toHaveProperty(
    'message',
    'users "x" is forbidden: User "ann" cannot impersonate resource "users" in API group "" at the cluster scope',
  )
  expect(ask('y').name).toBe('y')
})
