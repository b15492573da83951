import { expect, test } from 'vitest'
import { startPlainServer } from '../robustness/plain-server.ts'

const CLAIMS = '/api/v1/namespaces/default/persistentvolumeclaims'
const REFUSED =
  'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize'

test.each([
  ['grows whose class allows it', 'grows', undefined],
  ['does not grow whose class does not allow it', 'fixed', REFUSED],
  ['does not grow whose class is not there', 'gone', REFUSED],
])('A bound claim %s', async (_, storageClassName, why) => {
  const { request } = await startPlainServer()
  for (const [name, allowVolumeExpansion] of [
    ['grows', true],
    ['fixed', false],
  ])
    await request('POST', '/apis/storage.k8s.io/v1/storageclasses', {
      ...{ metadata: { name }, provisioner: 'x', allowVolumeExpansion },
    })
  const resources = { requests: { storage: '1Gi' } }
  const spec = { storageClassName, volumeName: 'v', accessModes: ['ReadWriteOnce'], resources }
  expect(await request('POST', CLAIMS, { metadata: { name: 'c' }, spec })).toMatchObject({ status: 201 })
  const status = { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] }
  expect(await request('PATCH', `${CLAIMS}/c/status`, { status })).toMatchObject({ status: 200 })
  const answer = await request('PATCH', `${CLAIMS}/c`, { spec: { resources: { requests: { storage: '2Gi' } } } })
  const message = `persistentvolumeclaims "c" is forbidden: ${why}`
  expect(answer).toMatchObject(why === undefined ? { status: 200 } : { status: 403, body: { message } })
})
