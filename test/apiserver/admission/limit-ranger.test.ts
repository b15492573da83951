import { expect, test } from 'vitest'
import { admitContainerDefaults, validateLimits } from '../../../runtime/apiserver/admission/limit-ranger.ts'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { Store } from '../../../runtime/apiserver/storage/store.ts'
import { StoredObjects } from '../../../runtime/apiserver/storage/stored-objects.ts'
import { put } from '../access/stored-policy.ts'
import { admissionRequest } from './admission-request.ts'

const request = admissionRequest({ resource: { plural: 'pods' }, namespace: 'demo', name: 'a' })

function limitedBy(...ranges: object[][]): StoredObjects {
  const store = new Store()
  ranges.forEach((limits, index) => {
    put(store, '/limitranges', { metadata: { name: `l${index}`, namespace: 'demo' }, spec: { limits } })
  })
  return new StoredObjects(store)
}

function newPod(...containers: object[]): ApiObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { containers } }
}

test('a container gets the defaults that it does not have, of the first limit range that has one', () => {
  const objects = limitedBy(
    [{ type: 'Container', default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '100m' } }],
    [{ type: 'Container', default: { cpu: '2', 'ephemeral-storage': '1Gi' } }],
  )
  const pod = newPod({ name: 'c', resources: { limits: { memory: '2Gi' } } })
  admitContainerDefaults(objects, request, pod)
  expect(pod.spec).toEqual({
    containers: [
      {
        name: 'c',
        resources: { requests: { cpu: '100m' }, limits: { cpu: '1', memory: '2Gi', 'ephemeral-storage': '1Gi' } },
      },
    ],
  })
  expect(pod.metadata.annotations).toEqual({
    'kubernetes.io/limit-ranger': 'LimitRanger plugin set: ephemeral-storage limit for container c',
  })
})

test('other namespaces and updates are left alone', () => {
  const objects = limitedBy([{ type: 'Container', default: { cpu: '1' }, min: { cpu: '1' } }])
  for (const other of [
    { ...request, namespace: 'other' },
    { ...request, operation: 'UPDATE' as const },
  ]) {
    const pod = newPod({ name: 'c' })
    admitContainerDefaults(objects, other, pod)
    validateLimits(objects, other, pod)
    expect(pod).toEqual(newPod({ name: 'c' }))
  }
})

test('all that is wrong is said at once, and each thing once', () => {
  const objects = limitedBy([{ type: 'Container', min: { cpu: '1' }, max: { cpu: '2' } }])
  const both = newPod({ name: 'c', resources: { requests: { cpu: '500m' } } }, { name: 'd' }, { name: 'e' })
  const faults = [
    'minimum cpu usage per Container is 1, but request is 500m',
    'maximum cpu usage per Container is 2.  No limit is specified',
    'minimum cpu usage per Container is 1.  No request is specified',
  ]
  expect(() => validateLimits(objects, request, both)).toThrow(`pods "a" is forbidden: [${faults.join(', ')}]`)
})
