import { expect, test } from 'vitest'
import { type Method, parseRequestInfo } from '../../runtime/broker/request-info.ts'

const resource = (fields: object) => ({
  kind: 'resource',
  group: '',
  version: 'v1',
  namespace: undefined,
  name: undefined,
  subresource: undefined,
  ...fields,
})

test.each<[Method, string, object]>([
  ['GET', '/api/v1/pods', resource({ plural: 'pods', verb: 'list' })],
  ['GET', '/api/v1/namespaces', resource({ plural: 'namespaces', verb: 'list' })],
  ['GET', '/api/v1/namespaces/a', resource({ plural: 'namespaces', verb: 'get', name: 'a' })],
  [
    'PUT',
    '/api/v1/namespaces/a/finalize',
    resource({ plural: 'namespaces', verb: 'update', name: 'a', subresource: 'finalize' }),
  ],
  ['GET', '/api/v1/namespaces/a/pods', resource({ plural: 'pods', verb: 'list', namespace: 'a' })],
  [
    'GET',
    '/api/v1/namespaces/a/pods/p/log',
    resource({ plural: 'pods', verb: 'get', namespace: 'a', name: 'p', subresource: 'log' }),
  ],
  [
    'POST',
    '/apis/apps/v1/namespaces/a/deployments?dryRun=All',
    resource({ group: 'apps', plural: 'deployments', verb: 'create', namespace: 'a' }),
  ],
  [
    'PATCH',
    '/apis/apps/v1/namespaces/a/deployments/d/scale',
    resource({ group: 'apps', plural: 'deployments', verb: 'patch', namespace: 'a', name: 'd', subresource: 'scale' }),
  ],
  [
    'DELETE',
    '/apis/apps/v1/namespaces/a/deployments',
    resource({ group: 'apps', plural: 'deployments', verb: 'deletecollection', namespace: 'a' }),
  ],
  ['GET', '/version', { kind: 'path', path: '/version', verb: 'get' }],
  ['GET', '/apis/apps/v1', { kind: 'path', path: '/apis/apps/v1', verb: 'get' }],
  ['GET', '/api/v1/pods?watch=false', resource({ plural: 'pods', verb: 'list' })],
])('parseRequestInfo() of %s %s', (method, path, info) => {
  expect(parseRequestInfo(method, path)).toEqual(info)
})

test.each<[Method, string]>([
  ['GET', '/api/v1/namespaces/a/../../../version'],
  ['GET', '/api/v1/namespaces/%2e%2e/pods'],
  ['GET', '/api//v1/pods'],
  ['GET', 'api/v1/pods'],
  ['GET', '/api/v1/pods?watch=true'],
  ['GET', '/api/v1/pods?watch'],
  ['GET', '/api/v1/pods?watch=false&watch=1'],
  ['GET', '/api/v1/namespaces/a/pods/p/log?follow=true'],
  ['GET', '/api/v1/watch/pods'],
  ['POST', '/api/v1/namespaces/a/pods/p/exec?command=sh'],
  ['GET', '/api/v1/namespaces/a/pods/p/attach'],
  ['GET', '/api/v1/namespaces/a/pods/p/portforward'],
  ['GET', '/api/v1/namespaces/a/services/s/proxy/admin'],
  ['GET', '/api/v1/nodes/n/proxy'],
  ['GET', '/api/v1/proxy/namespaces/a/pods/p'],
  ['GET', '/version#fragment'],
  ['GET', '/api/v1/pods?limit=1#x'],
  ['GET', '/api/v1/pods?limit=1 HTTP/1.1'],
  ['GET', '/api/v1/pods\\..'],
])('parseRequestInfo() refuses %s %s', (method, path) => {
  expect(parseRequestInfo(method, path)).toHaveProperty('refused')
})
