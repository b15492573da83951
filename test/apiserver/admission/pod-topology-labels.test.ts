import { expect, test, vi } from 'vitest'
import { startPlainServer } from '../robustness/plain-server.ts'

const NAMESPACE = '/api/v1/namespaces/default'
const PLACE = { 'topology.kubernetes.io/zone': 'z1', 'topology.kubernetes.io/region': 'r1' }

test('A pod is labeled with the zone and region of its node, when it is made there or bound to it', async () => {
  const { request } = await startPlainServer()
  await vi.waitFor(async () =>
    expect(await request('GET', `${NAMESPACE}/serviceaccounts/default`)).toMatchObject({ status: 200 }),
  )
  const labels = { ...PLACE, 'topology.kubernetes.io/rack': 'k' }
  await request('POST', '/api/v1/nodes', { metadata: { name: 'n', labels } })
  const pod = (name: string, nodeName?: string) => ({
    metadata: { name, labels: { app: 'a' } },
    spec: { containers: [{ name: 'a', image: 'x' }], ...(nodeName !== undefined && { nodeName }) },
  })
  for (const each of [pod('made', 'n'), pod('bound'), pod('elsewhere', 'gone')])
    expect(await request('POST', `${NAMESPACE}/pods`, each)).toMatchObject({ status: 201 })
  const binding = { metadata: { name: 'bound' }, target: { kind: 'Node', name: 'n' } }
  expect(await request('POST', `${NAMESPACE}/pods/bound/binding`, binding)).toMatchObject({ status: 201 })
  const labelsOf = async (name: string) => {
    const { body } = await request('GET', `${NAMESPACE}/pods/${name}`)
    return (body as { metadata: { labels: object } }).metadata.labels
  }
  expect(await labelsOf('made')).toEqual({ app: 'a', ...PLACE })
  expect(await labelsOf('bound')).toEqual({ app: 'a', ...PLACE })
  expect(await labelsOf('elsewhere')).toEqual({ app: 'a' })
})
