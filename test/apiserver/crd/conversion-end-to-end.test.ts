import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { cert } from '../../kube/certificates.ts'
import { startPlainServer } from '../robustness/plain-server.ts'

const DEFINITION = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.test.io'
const things = (version: string, name = '') => `/apis/test.io/${version}/namespaces/default/things${name}`

interface Converter {
  readonly url: string
  /** The names of the objects of each review, in order. */
  readonly asked: string[]
  /** Reviews that were under way at once, at most. */
  most: number
  /** Answers wait for it. */
  gate: Promise<void>
  isBroken: boolean
}

/** Over HTTPS: v1 has `spec.a` for what v2 has as `spec.b`. */
async function startConverter(): Promise<Converter> {
  let open = 0
  const server = createServer({ cert: cert('server-a.crt'), key: cert('server.key') }, async (message, response) => {
    converter.most = Math.max(converter.most, ++open)
    response.on('finish', () => open--)
    await converter.gate
    const { request, ...review } = JSON.parse(Buffer.concat(await message.toArray()).toString())
    const objects = request.objects as ApiObject[]
    converter.asked.push(objects.map(({ metadata }) => metadata.name).join())
    const convertedObjects = objects.map((object) => ({
      ...object,
      apiVersion: request.desiredAPIVersion,
      spec: rename(object.spec as Record<string, string>),
    }))
    const result = { status: converter.isBroken ? 'Failure' : 'Success', message: 'not today' }
    response.end(JSON.stringify({ ...review, response: { uid: request.uid, result, convertedObjects } }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/convert`
  const converter: Converter = { url, asked: [], most: 0, gate: Promise.resolve(), isBroken: false }
  return converter
}

const rename = ({ a, b }: Record<string, string>) => (a === undefined ? { a: b } : { b: a })

function definitionOf(url: string, stored: string, ca = 'ca-a.crt') {
  const version = (name: string, field: string) => {
    const spec = { type: 'object', properties: { [field]: { type: 'string' } } }
    const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } }
    return { name, served: true, storage: name === stored, schema }
  }
  const clientConfig = { url, caBundle: Buffer.from(cert(ca)).toString('base64') }
  return {
    metadata: { name: 'things.test.io' },
    spec: {
      group: 'test.io',
      names: { plural: 'things', kind: 'Thing' },
      scope: 'Namespaced',
      versions: [version('v1', 'a'), version('v2', 'b')],
      conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'], clientConfig } },
    },
  }
}

async function start() {
  const converter = await startConverter()
  const { request } = await startPlainServer()
  await request('POST', DEFINITION.replace('/things.test.io', ''), definitionOf(converter.url, 'v1'))
  for (const name of ['x', 'y']) {
    const object = { apiVersion: 'test.io/v1', kind: 'Thing', metadata: { name }, spec: { a: name } }
    expect(await request('POST', things('v1'), object)).toMatchObject({ status: 201 })
  }
  return { converter, request }
}

test('A list asks the webhook once for each object that is stored, a get every time', async () => {
  const { converter, request } = await start()
  const items = [{ spec: { b: 'x' } }, { spec: { b: 'y' } }]
  for (const _ of ['first', 'again'])
    expect(await request('GET', things('v2'))).toMatchObject({ status: 200, body: { items } })
  expect(converter.asked.sort()).toEqual(['x', 'y'])
  converter.isBroken = true
  expect(await request('GET', things('v2'))).toMatchObject({ status: 200, body: { items } })
  expect(await request('GET', things('v2', '/x'))).toMatchObject({
    status: 500,
    body: { message: 'conversion webhook for test.io/v1, Kind=Thing failed: not today' },
  })
})

test('Lists at the same time, and those of other versions between them, ask the webhook once for each object', async () => {
  const { converter, request } = await start()
  const { spec } = definitionOf(converter.url, 'v1')
  const versions = [...spec.versions, { ...spec.versions[1], name: 'v3' }]
  await request('PATCH', DEFINITION, { spec: { ...spec, versions } })
  await Promise.all(['v2', 'v3', 'v2', 'v3', 'v2'].map((version) => request('GET', things(version))))
  expect(converter.asked.sort()).toEqual(['x', 'x', 'y', 'y'])
})

test('A long list asks the webhook for no more than 16 objects at once', async () => {
  const { converter, request } = await start()
  const objects = Array.from({ length: 60 }, (_, index) => ({ metadata: { name: `n${index}` }, spec: { a: 'a' } }))
  for (const object of objects)
    await request('POST', things('v1'), { apiVersion: 'test.io/v1', kind: 'Thing', ...object })
  const { promise, resolve } = Promise.withResolvers<void>()
  converter.gate = promise
  const list = request('GET', things('v2'))
  await vi.waitFor(() => expect(converter.most).toBeGreaterThanOrEqual(16))
  // Time for more to come, if there were more.
  for (let turn = 0; turn < 50; turn++) await request('GET', things('v1'))
  expect(converter.most).toBe(16)
  resolve()
  expect(await list).toMatchObject({ status: 200 })
  expect(converter.asked).toHaveLength(62)
  expect(converter.most).toBe(16)
})

test('After a change of the storage version a write that changes nothing stores the object in it', async () => {
  const { converter, request } = await start()
  expect(await request('PATCH', DEFINITION, { spec: definitionOf(converter.url, 'v2').spec })).toMatchObject({
    body: { status: { storedVersions: ['v1', 'v2'] } },
  })
  const before = await request('GET', things('v1', '/x'))
  expect(await request('PATCH', things('v1', '/x'), {})).toMatchObject({ status: 200, body: { spec: { a: 'x' } } })
  converter.isBroken = true
  expect(await request('GET', things('v2', '/x'))).toMatchObject({ status: 200, body: { spec: { b: 'x' } } })
  expect((before.body as ApiObject).spec).toEqual({ a: 'x' })
})

test('A webhook whose certificate its caBundle does not vouch for is not asked', async () => {
  const { converter, request } = await start()
  await request('PATCH', DEFINITION, { spec: definitionOf(converter.url, 'v1', 'ca-b.crt').spec })
  expect(await request('GET', things('v2', '/x'))).toMatchObject({
    status: 500,
    body: {
      message: expect.stringContaining(
        'tls: failed to verify certificate: x509: certificate signed by unknown authority',
      ),
    },
  })
  expect(converter.asked).toEqual([])
})
