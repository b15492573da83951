import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type ApiServer, createApiServer } from '../../../runtime/apiserver/api-server.ts'

const STRATEGIC = 'application/strategic-merge-patch+json'
let server: ApiServer

beforeAll(async () => {
  const user = { name: 'admin', groups: ['system:masters', 'system:authenticated'] }
  server = await createApiServer({ tokens: [{ token: 't', user }] })
  const account = '/api/v1/namespaces/default/serviceaccounts/default'
  await vi.waitFor(async () => expect(await ask('GET', account)).toMatchObject({ code: 200 }))
})

afterAll(() => server.close())

test.each([
  ['is added by its own subresource', {}, 200, ''],
  [
    'cannot be called as another container',
    { name: 'main' },
    422,
    'spec.ephemeralContainers[0].name: Duplicate value: "main"',
  ],
  [
    'has no ports',
    { ports: [{ containerPort: 1 }] },
    422,
    'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
  ],
])('An ephemeral container %s', async (what, container, code, message) => {
  const path = await createPod(what)
  const patch = { spec: { ephemeralContainers: [{ name: 'debug', image: 'i', ...container }] } }
  const answer = await ask('PATCH', `${path}/ephemeralcontainers`, patch, STRATEGIC)
  expect(answer).toMatchObject({ code, body: { kind: code === 200 ? 'Pod' : 'Status' } })
  if (code === 200) expect(answer.body).toMatchObject({ ...patch, metadata: { generation: 2 } })
  else expect(answer.body.message).toContain(message)
})

test('An ephemeral container that is there cannot be taken away', async () => {
  const path = await createPod('keeps')
  const patch = { spec: { ephemeralContainers: [{ name: 'debug', image: 'i' }] } }
  await ask('PATCH', `${path}/ephemeralcontainers`, patch, STRATEGIC)
  const none = { spec: { ephemeralContainers: null } }
  const answer = await ask('PATCH', `${path}/ephemeralcontainers`, none, 'application/merge-patch+json')
  expect(answer.body.message).toContain('existing ephemeral containers "debug" may not be removed')
})

test.each([
  ['cpu', { requests: { cpu: '2' } }, ''],
  [
    'nothing but cpu and memory',
    { requests: { 'ephemeral-storage': '1' } },
    'only cpu and memory resources are mutable',
  ],
  ['no QoS class', { limits: { cpu: '1', memory: '1Gi' } }, 'Pod QOS Class may not change as a result of resizing'],
  ['no request to none', { requests: { cpu: null } }, 'resource requests cannot be removed'],
])('pods/resize changes %s', async (what, resources, message) => {
  const path = await createPod(what)
  const patch = {
    metadata: { labels: { a: 'b' } },
    spec: { containers: [{ name: 'main', image: 'other', resources }] },
  }
  const { code, body } = await ask('PATCH', `${path}/resize`, patch, STRATEGIC)
  expect(code).toBe(message === '' ? 200 : 422)
  if (message !== '') return expect(body.message).toContain(message)
  expect(body).toMatchObject({ spec: { containers: [{ image: 'i', resources }] } })
  expect(body.metadata).not.toHaveProperty('labels')
})

/** Answers its path. */
async function createPod(what: string): Promise<string> {
  const name = what.replaceAll(' ', '-').toLowerCase()
  const resources = { requests: { cpu: '1', memory: '1Gi' } }
  const spec = { containers: [{ name: 'main', image: 'i', resources }], automountServiceAccountToken: false }
  const path = '/api/v1/namespaces/default/pods'
  const answer = await ask('POST', path, { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec })
  expect(answer.code).toBe(201)
  return `${path}/${name}`
}

interface Answer {
  readonly code: number
  readonly body: { readonly message?: string; readonly metadata?: object; readonly spec?: object }
}

async function ask(method: string, path: string, body?: object, type = 'application/json'): Promise<Answer> {
  const headers = { authorization: 'Bearer t', 'content-type': type }
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(`${server.url}${path}`, { method, headers, ...sent })
  return { code: response.status, body: (await response.json()) as Answer['body'] }
}
