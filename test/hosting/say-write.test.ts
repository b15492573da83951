import { expect, test } from 'vitest'
import { sayWrite } from '../../runtime/hosting/say-write.ts'
import type { KubeRequest } from '../../runtime/kube/client.ts'

const MYDEMO = '/apis/crddemo.k8s.io/v1/namespaces/default/mydemos'

test.each<[string, KubeRequest, string | undefined]>([
  [
    'a status by what it is now',
    {
      method: 'PATCH',
      path: `${MYDEMO}/x/status`,
      body: JSON.stringify([
        { op: 'test', path: '/metadata/uid', value: 'u' },
        { op: 'add', path: '/status', value: { ready: true } },
      ]),
    },
    'Patched status of mydemos default/x: {"ready":true}',
  ],
  [
    'a merge patch by its body',
    { method: 'PATCH', path: '/api/v1/nodes/n', body: '{"a":1}' },
    'Patched nodes n: {"a":1}',
  ],
  [
    'an object made by its name',
    { method: 'POST', path: '/apis/apps/v1/namespaces/a/deployments', body: '{"metadata":{"name":"web"}}' },
    'Created deployments a/web',
  ],
  ['a deletion', { method: 'DELETE', path: `${MYDEMO}/x` }, 'Deleted mydemos default/x'],
  [
    'an event by its reason and note',
    {
      method: 'POST',
      path: '/apis/events.k8s.io/v1/namespaces/default/events',
      body: '{"type":"Normal","reason":"Synced","note":"Now serving"}',
    },
    'Event Normal Synced: Now serving',
  ],
  ['nothing of a read', { method: 'GET', path: MYDEMO }, undefined],
  ['nothing of a dry run', { method: 'DELETE', path: `${MYDEMO}/x`, query: { dryRun: 'All' } }, undefined],
  ['nothing of a path that is no resource', { method: 'POST', path: '/version' }, undefined],
])('sayWrite() says %s', (_, request, said) => {
  expect(sayWrite(request)).toBe(said)
})
