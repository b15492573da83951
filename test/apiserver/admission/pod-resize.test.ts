import { expect, test, vi } from 'vitest'
import { type PlainServer, startPlainServer } from '../robustness/plain-server.ts'

const NAMESPACE = '/api/v1/namespaces/default'

async function serverWithPod(resources: object, nodeName?: string): Promise<PlainServer> {
  const plain = await startPlainServer()
  await vi.waitFor(async () =>
    expect(await plain.request('GET', `${NAMESPACE}/serviceaccounts/default`)).toMatchObject({ status: 200 }),
  )
  const spec = { containers: [{ name: 'a', image: 'x', resources }], ...(nodeName !== undefined && { nodeName }) }
  const answer = await plain.request('POST', `${NAMESPACE}/pods`, { metadata: { name: 'p' }, spec })
  expect(answer).toMatchObject({ status: 201 })
  return plain
}

function resize({ request }: PlainServer, resources: object) {
  return request('PATCH', `${NAMESPACE}/pods/p/resize`, {
    spec: { containers: [{ name: 'a', image: 'x', resources }] },
  })
}

function limit({ request }: PlainServer, limits: object) {
  return request('POST', `${NAMESPACE}/limitranges`, { metadata: { name: 'l' }, spec: { limits: [limits] } })
}

test.each([
  [{ requests: { cpu: '900m' }, limits: { cpu: '3' } }, 'maximum cpu usage per Container is 2, but limit is 3'],
  [{ requests: { cpu: '50m' }, limits: { cpu: '1' } }, 'minimum cpu usage per Container is 100m, but request is 50m'],
])('A pod is not resized beyond what a LimitRange allows: %j', async (resources, why) => {
  const plain = await serverWithPod({ requests: { cpu: '500m' }, limits: { cpu: '1' } })
  await limit(plain, { type: 'Container', max: { cpu: '2' }, min: { cpu: '100m' } })
  const message = `pods "p" is forbidden: ${why}`
  expect(await resize(plain, resources)).toMatchObject({ status: 403, body: { message } })
})

test('A resized pod gets the defaults of a LimitRange that came later, and no annotation says so', async () => {
  const plain = await serverWithPod({ requests: { cpu: '500m' }, limits: { cpu: '1' } })
  await limit(plain, { type: 'Container', default: { memory: '10Mi' }, defaultRequest: { memory: '5Mi' } })
  const { status, body } = await resize(plain, { requests: { cpu: '800m' }, limits: { cpu: '1' } })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    metadata: { generation: 2 },
    spec: {
      containers: [{ resources: { requests: { cpu: '800m', memory: '5Mi' }, limits: { cpu: '1', memory: '10Mi' } } }],
    },
  })
  expect(body).not.toHaveProperty('metadata.annotations')
})

test('What a resized pod takes more is booked, and refused where a quota has no room for it', async () => {
  const plain = await serverWithPod({ requests: { cpu: '500m' }, limits: { cpu: '2' } })
  const path = `${NAMESPACE}/resourcequotas`
  const used = async () => (await plain.request('GET', `${path}/q`)).body
  await plain.request('POST', path, { metadata: { name: 'q' }, spec: { hard: { 'requests.cpu': '1' } } })
  await vi.waitFor(async () => expect(await used()).toMatchObject({ status: { used: { 'requests.cpu': '500m' } } }))
  expect(await resize(plain, { requests: { cpu: '800m' }, limits: { cpu: '2' } })).toMatchObject({ status: 200 })
  expect(await used()).toMatchObject({ status: { used: { 'requests.cpu': '800m' } } })
  const why = 'exceeded quota: q, requested: requests.cpu=700m, used: requests.cpu=800m, limited: requests.cpu=1'
  const message = `pods "p" is forbidden: ${why}`
  const answer = await resize(plain, { requests: { cpu: '1500m' }, limits: { cpu: '2' } })
  expect(answer).toMatchObject({ status: 403, body: { message } })
  expect(await resize(plain, { requests: { cpu: '300m' }, limits: { cpu: '2' } })).toMatchObject({ status: 200 })
  await vi.waitFor(async () => expect(await used()).toMatchObject({ status: { used: { 'requests.cpu': '300m' } } }))
})

test.each([
  ['has gone', undefined, 'node "n" not found', undefined],
  [
    'runs Windows',
    { 'kubernetes.io/os': 'windows' },
    'pod resize is only supported on linux nodes, node "n" is "windows"',
    'UnsupportedPlatform',
  ],
  [
    'is too small',
    {},
    "node didn't have enough allocatable resources: cpu, requested: 700, allocatable: 600; memory, requested: 3145728, allocatable: 2097152",
    'NodeCapacity',
  ],
])('A pod is not resized whose node %s', async (_, labels, why, reason) => {
  const plain = await serverWithPod(
    { requests: { cpu: '500m', memory: '1Mi' }, limits: { cpu: '1', memory: '1Mi' } },
    'n',
  )
  if (labels !== undefined) {
    await plain.request('POST', '/api/v1/nodes', { metadata: { name: 'n', labels } })
    const status = { allocatable: { cpu: '600m', memory: '2Mi' } }
    await plain.request('PATCH', '/api/v1/nodes/n/status', { status })
  }
  const resources = { requests: { cpu: '700m', memory: '3Mi' }, limits: { cpu: '1', memory: '3Mi' } }
  expect(await resize(plain, resources)).toMatchObject({
    ...{ status: 403 },
    body: {
      message: `pods "p" is forbidden: ${why}`,
      ...(reason !== undefined && { details: { causes: [{ reason }] } }),
    },
  })
})
