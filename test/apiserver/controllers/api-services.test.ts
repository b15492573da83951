import { expect, test } from 'vitest'
import { createApiServer } from '../../../runtime/apiserver/api-server.ts'
import { readDistilledKinds } from '../../../runtime/apiserver/kinds/distilled-kinds.ts'
import { Store } from '../../../runtime/apiserver/storage/store.ts'
import { startControllerBench } from './controller-bench.ts'

const PATH = '/apis/apiregistration.k8s.io/v1/apiservices'
const STORAGE = 'apiregistration.k8s.io/apiservices'
const MANAGED = 'kube-aggregator.kubernetes.io/automanaged'

test('there is an APIService for each built-in group-version but their own', async () => {
  const bench = await startControllerBench()
  const served = readDistilledKinds().groups.flatMap(({ name, versions }) => versions.map((each) => `${each}.${name}`))
  const others = served.filter((name) => name !== 'v1.apiregistration.k8s.io')
  expect(bench.list(STORAGE).map(({ metadata }) => metadata.name)).toEqual(others.sort())
  for (const { status } of bench.list(STORAGE))
    expect(status).toMatchObject({ conditions: [{ type: 'Available', status: 'True', reason: 'Local' }] })
})

test('one that is deleted stays away until the next start, which also takes away what is not served any more', async () => {
  const store = new Store()
  const start = async () => {
    const server = await createApiServer({ tokens: [], store })
    while (!server.isIdle) await new Promise((resolve) => setImmediate(resolve))
    return server
  }
  const first = await start()
  await first.client.request('DELETE', `${PATH}/v1.apps`)
  const old = { group: 'gone.k8s.io', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 }
  for (const labels of [{ [MANAGED]: 'onstart' }, {}])
    await first.client.request('POST', PATH, {
      metadata: { name: `v1.${old.group}`, labels },
      spec: old,
    })
  const mine = { ...old, group: 'mine.example.com' }
  await first.client.request('POST', PATH, { metadata: { name: `v1.${mine.group}` }, spec: mine })
  expect(store.get(STORAGE, '', 'v1.apps')).toBeUndefined()
  await first.close()
  const second = await start()
  expect(store.get(STORAGE, '', 'v1.apps')).toBeDefined()
  expect(store.get(STORAGE, '', `v1.${old.group}`)).toBeUndefined()
  expect(store.get(STORAGE, '', `v1.${mine.group}`)).toBeDefined()
  await second.close()
})
