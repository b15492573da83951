import { expect, test } from 'vitest'
import { CONFIG_MAPS, head, readAll, startPlainServer } from './plain-server.ts'

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const THINGS = '/apis/robust.io/v1/namespaces/default/things'
const OPEN = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

async function startWithThings() {
  const plain = await startPlainServer()
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: OPEN } }]
  const names = { plural: 'things', kind: 'Thing' }
  const spec = { group: 'robust.io', names, scope: 'Namespaced', versions }
  await plain.request('POST', DEFINITIONS, { metadata: { name: 'things.robust.io' }, spec })
  const send = async (body: string, type = 'application/json', method = 'POST', path = THINGS) => {
    const headers = { authorization: 'Bearer t', 'content-type': type }
    const answer = await fetch(`${plain.server.url}${path}`, { method, headers, body })
    return { status: answer.status, text: await answer.text() }
  }
  return { ...plain, send }
}

const thing = (spec: string) => `{"apiVersion":"robust.io/v1","kind":"Thing","metadata":{"name":"a"},"spec":${spec}}`

test.each(['9007199254740993', '-9007199254740993', '9223372036854775807'])(
  'A whole number whose digits would be lost (%s) is refused, in JSON, YAML and patches',
  async (number) => {
    const { send } = await startWithThings()
    const refused = { status: 501, text: expect.stringContaining('whole numbers beyond 2^53') }
    expect(await send(thing(`{"n":[{"m":${number}}]}`))).toEqual(refused)
    expect(await send(thing(`{"n":${number}}`), 'application/yaml')).toEqual(refused)
    expect(await send(thing('{}'))).toMatchObject({ status: 201 })
    const patch = `{"spec":{"n":${number}}}`
    expect(await send(patch, 'application/merge-patch+json', 'PATCH', `${THINGS}/a`)).toEqual(refused)
  },
)

test('Numbers that keep their value are taken, as is such text, and limits of schemas, which are no whole numbers', async () => {
  const { send } = await startWithThings()
  const spec =
    '{"a":9007199254740991,"b":9007199254740992,"c":"9007199254740993","d":123456789012345680000,"e":0.12345678901234567}'
  expect(await send(thing(spec))).toMatchObject({ status: 201 })
  expect(await send(thing('{"maximum":9223372036854775807}').replace('"a"', '"b"'))).toMatchObject({ status: 201 })
})

test.each([
  ['application/json', '1e400', 'json: cannot unmarshal number 1e400 into Go value of type float64'],
  ['application/yaml', '.inf', 'json: unsupported value: +Inf'],
  ['application/yaml', '-.inf', 'json: unsupported value: -Inf'],
  ['application/yaml', '.nan', 'json: unsupported value: NaN'],
])('A number that is none (%s %s) is refused, not taken for null', async (type, number, why) => {
  const { send } = await startWithThings()
  expect(await send(thing(`{"n": ${number}}`), type)).toEqual({ status: 400, text: expect.stringContaining(why) })
})

test.each(['"__proto__"', '"\\u005f_proto__"', '"__\\u0070roto__"'])(
  'A field named %s is refused wherever it stands',
  async (name) => {
    const { send } = await startWithThings()
    const refused = { status: 501, text: expect.stringContaining('fields and keys named __proto__') }
    expect(await send(thing(`{"a":[{${name}:{"b":1}}]}`))).toEqual(refused)
    expect(await send(`{${name}:{"metadata":{"name":"x"}}}`, 'application/json', 'POST', CONFIG_MAPS)).toEqual(refused)
    expect(await send(thing(`{${name}: 1}`), 'application/yaml')).toEqual(refused)
  },
)

test('Keys that every JavaScript object has are keys like others', async () => {
  const { request, faults } = await startPlainServer()
  const names = ['constructor', 'toString', 'valueOf', 'hasOwnProperty']
  for (const name of names) {
    const object = {
      metadata: { name: name.toLowerCase(), labels: { [name]: 'x' } },
      data: { [name]: 'y' },
      [name]: {},
    }
    const { status, body } = await request('POST', CONFIG_MAPS, object)
    expect([status, (body as Record<string, unknown>).data, Object.hasOwn(body as object, name)]).toEqual([
      201,
      { [name]: 'y' },
      false,
    ])
    const secret = { metadata: { name: name.toLowerCase() }, type: name }
    expect(await request('POST', '/api/v1/namespaces/default/secrets', secret)).toMatchObject({ status: 201 })
    expect(await request('GET', `${CONFIG_MAPS}?fieldSelector=${name}%3Dx`)).toMatchObject({ status: 400 })
    const typed = { contentType: name }
    expect(await request('PATCH', `${CONFIG_MAPS}/${name.toLowerCase()}`, {}, typed)).toMatchObject({ status: 415 })
  }
  expect(faults).toEqual([])
})

test('A warning of characters that are no Latin ones is sent as UTF-8, and ends nothing', async () => {
  const { open, request, faults } = await startPlainServer()
  const body = JSON.stringify({ metadata: { name: 'a' }, 'ключ ☃': 1 })
  const socket = open()
  const type = 'Content-Type: application/json'
  const length = `Content-Length: ${Buffer.byteLength(body)}`
  socket.write(`${head('POST', CONFIG_MAPS, type, length, 'Connection: close')}\r\n\r\n${body}`)
  const answer = await readAll(socket)
  expect(answer).toMatch(/^HTTP\/1\.1 201 /)
  expect(/^warning: (.*)$/im.exec(answer)?.[1]?.trim()).toBe('299 - "unknown field \\"ключ ☃\\""')
  expect(await request('GET', CONFIG_MAPS)).toMatchObject({ status: 200 })
  expect(faults).toEqual([])
})

test('A request line with the server in front of the path is answered as one without', async () => {
  const { open } = await startPlainServer()
  const socket = open()
  socket.write(`${head('GET', 'http://elsewhere/version?x=/y', 'Connection: close')}\r\n\r\n`)
  expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 .*gitVersion/s)
})
