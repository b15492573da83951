import { expect, test } from 'vitest'
import { isAllowed, isPathAllowed, type ResourceRequest, type Rights } from '../../runtime/broker/allow.ts'
import { parseGvk } from '../../runtime/util/gvk.ts'

const gvk = (text: string) => parseGvk(text) ?? expect.fail(`not a kind: ${text}`)

const rights = (overrides: Partial<Rights> = {}): Rights => ({
  allow: [
    { gvk: gvk('apps/v1/Deployment'), verbs: ['get', 'patch'], subresources: ['scale'] },
    { gvk: gvk('v1/Secret'), verbs: ['get', 'list'], names: ['mine'], namespaces: ['other'] },
    { path: '/version', verbs: ['get'] },
  ],
  namespaces: ['default'],
  implied: [gvk('demo.dev/v1/Demo')],
  ...overrides,
})

const request = (kind: string, verb: string, fields: Partial<ResourceRequest> = {}): ResourceRequest => ({
  gvk: gvk(kind),
  verb,
  subresource: undefined,
  namespace: 'default',
  namespaced: true,
  name: 'mine',
  ...fields,
})

test.each<[string, ResourceRequest, boolean]>([
  ['an allowed verb', request('apps/v1/Deployment', 'patch'), true],
  ['the kind in another version', request('apps/v2/Deployment', 'patch'), true],
  ['another verb', request('apps/v1/Deployment', 'delete'), false],
  ['another kind of the group', request('apps/v1/ReplicaSet', 'get'), false],
  ['another namespace than the controller', request('apps/v1/Deployment', 'get', { namespace: 'kube-system' }), false],
  ['all namespaces', request('apps/v1/Deployment', 'get', { namespace: undefined }), false],
  ['a named subresource', request('apps/v1/Deployment', 'patch', { subresource: 'scale' }), true],
  ['another subresource', request('apps/v1/Deployment', 'patch', { subresource: 'status' }), false],
  ['a named object in the namespace of the entry', request('v1/Secret', 'get', { namespace: 'other' }), true],
  ['a named object elsewhere', request('v1/Secret', 'get'), false],
  ['another name', request('v1/Secret', 'get', { namespace: 'other', name: 'theirs' }), false],
  ['a list where names are given', request('v1/Secret', 'list', { namespace: 'other', name: undefined }), false],
  ['reading the primary', request('demo.dev/v1/Demo', 'list', { name: undefined }), true],
  ['reading the primary in another namespace', request('demo.dev/v1/Demo', 'get', { namespace: 'other' }), false],
  ['writing the primary', request('demo.dev/v1/Demo', 'patch'), false],
  ['a subresource of the primary', request('demo.dev/v1/Demo', 'get', { subresource: 'status' }), false],
])('isAllowed() of %s', (_name, asked, allowed) => {
  expect(isAllowed(rights(), asked)).toBe(allowed)
})

test('isAllowed() with no namespaces at all covers every namespace', () => {
  expect(isAllowed(rights({ namespaces: [] }), request('apps/v1/Deployment', 'get', { namespace: 'x' }))).toBe(true)
})

test('isPathAllowed() compares path and verb to the letter', () => {
  expect(isPathAllowed(rights(), { path: '/version', verb: 'get' })).toBe(true)
  expect(isPathAllowed(rights(), { path: '/version', verb: 'post' })).toBe(false)
  expect(isPathAllowed(rights(), { path: '/version/x', verb: 'get' })).toBe(false)
})
