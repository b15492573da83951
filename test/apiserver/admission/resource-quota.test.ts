import { expect, test, vi } from 'vitest'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { type PlainServer, startPlainServer } from '../robustness/plain-server.ts'

const NAMESPACE = '/api/v1/namespaces/default'
const QUOTA = `${NAMESPACE}/resourcequotas/q`

interface Quota extends ApiObject {
  status?: { used?: Record<string, string> }
}

async function usedIn({ request }: PlainServer): Promise<Record<string, string> | undefined> {
  return ((await request('GET', QUOTA)).body as Quota).status?.used
}

/** A server with such a quota, whose usage is known. */
async function startLimited(hard: Record<string, string>): Promise<PlainServer> {
  const plain = await startPlainServer()
  await plain.request('POST', `${NAMESPACE}/resourcequotas`, { metadata: { name: 'q' }, spec: { hard } })
  await vi.waitFor(async () => expect(Object.keys((await usedIn(plain)) ?? {})).toEqual(Object.keys(hard)))
  return plain
}

const map = (name: string) => ({ metadata: { name } })

test('Of many who want the last room at once, as many get it as there is room for', async () => {
  // One is there in every namespace.
  const plain = await startLimited({ configmaps: '6' })
  const names = Array.from({ length: 20 }, (_, index) => `m${index}`)
  const answers = await Promise.all(names.map((name) => plain.request('POST', `${NAMESPACE}/configmaps`, map(name))))
  const codes = answers.map(({ status }) => status)
  expect(codes.filter((code) => code === 201)).toHaveLength(5)
  expect(codes.filter((code) => code === 403)).toHaveLength(15)
  expect(await usedIn(plain)).toEqual({ configmaps: '6' })
})

test('A quota that somebody else writes meanwhile is booked as it is then', async () => {
  const plain = await startLimited({ configmaps: '30' })
  const label = (index: number) => ({ metadata: { labels: { n: String(index) } } })
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => [
      plain.request('POST', `${NAMESPACE}/configmaps`, map(`m${index}`)),
      plain.request('PATCH', QUOTA, label(index)),
    ]).flat(),
  )
  expect(answers.map(({ status }) => status).filter((code) => code >= 400)).toEqual([])
  expect(await usedIn(plain)).toEqual({ configmaps: '21' })
})

test('A custom resource is counted as soon as it is defined', async () => {
  const plain = await startPlainServer()
  const { request } = plain
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }
  await request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'things.example.com' },
    spec: {
      ...{ group: 'example.com', scope: 'Namespaced', versions: [version] },
      names: { plural: 'things', kind: 'Thing' },
    },
  })
  const name = 'count/things.example.com'
  const quota = { metadata: { name: 'q' }, spec: { hard: { [name]: '1' } } }
  await request('POST', `${NAMESPACE}/resourcequotas`, quota)
  await vi.waitFor(async () => expect(await usedIn(plain)).toEqual({ [name]: '0' }))
  const things = '/apis/example.com/v1/namespaces/default/things'
  const thing = (name: string) => ({ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name } })
  expect(await request('POST', things, thing('a'))).toMatchObject({ status: 201 })
  const message = `things.example.com "b" is forbidden: exceeded quota: q, requested: ${name}=1, used: ${name}=1, limited: ${name}=1`
  expect(await request('POST', things, thing('b'))).toMatchObject({ status: 403, body: { message } })
})
