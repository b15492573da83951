import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ApiServer, createApiServer } from '../../../runtime/apiserver/api-server.ts'

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const MARBLES = '/apis/example.com/v1/namespaces/default/marbles'

let server: ApiServer

beforeEach(async () => {
  server = await createApiServer({ tokens: [{ token: 't', user: { name: 'admin', groups: ['system:masters'] } }] })
  await ask('POST', DEFINITIONS, {
    metadata: { name: 'marbles.example.com' },
    spec: {
      ...{ group: 'example.com', scope: 'Namespaced', names: { plural: 'marbles', kind: 'Marble' } },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  })
  await expect.poll(async () => (await ask('GET', MARBLES)).status, { timeout: 10_000 }).toBe(200)
})

afterEach(() => server.close())

function ask(method: string, path: string, body?: object): Promise<Response> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  const headers = { authorization: 'Bearer t', 'content-type': type }
  return fetch(`${server.url}${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
}

/** Resolves when the server has ended it. */
async function watch(): Promise<{ ended: Promise<string[]> }> {
  const response = await ask('GET', `${MARBLES}?watch=1&resourceVersion=0`)
  const types = (text: string) => text.match(/(?<="type":")[A-Z]+/g) ?? []
  return { ended: response.text().then(types) }
}

test('a watch of a custom kind tells of the last objects and ends when the definition is deleted', async () => {
  await ask('POST', MARBLES, { apiVersion: 'example.com/v1', kind: 'Marble', metadata: { name: 'one' } })
  const { ended } = await watch()
  await ask('DELETE', `${DEFINITIONS}/marbles.example.com`)
  expect(await ended).toEqual(['ADDED', 'DELETED'])
  expect((await ask('GET', MARBLES)).status).toBe(404)
})

test('a watch of a custom kind ends when the definition says something else, and not when it has a label more', async () => {
  const { ended } = await watch()
  await ask('PATCH', `${DEFINITIONS}/marbles.example.com`, { metadata: { labels: { a: 'b' } } })
  await ask('POST', MARBLES, { apiVersion: 'example.com/v1', kind: 'Marble', metadata: { name: 'one' } })
  await ask('PATCH', `${DEFINITIONS}/marbles.example.com`, { spec: { names: { shortNames: ['mb'] } } })
  expect(await ended).toEqual(['ADDED'])
})
