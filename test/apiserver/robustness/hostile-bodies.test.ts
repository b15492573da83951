import { expect, test } from 'vitest'
import { CONFIG_MAPS, head, readAll, startPlainServer } from './plain-server.ts'

const MIB = 1024 * 1024
const JSON_TYPE = 'Content-Type: application/json'

test('A body that is announced as longer than 3 MiB is refused with 413, and not read', async () => {
  const { open } = await startPlainServer()
  const socket = open()
  socket.write(`${head('POST', CONFIG_MAPS, JSON_TYPE, `Content-Length: ${3 * MIB + 1}`)}\r\n\r\n`)
  const answer = await readAll(socket)
  expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  expect(answer).toContain('Request entity too large: limit is 3145728')
})

test('A body in chunks is refused once it is longer than 3 MiB', async () => {
  const { open } = await startPlainServer()
  const socket = open()
  socket.write(`${head('POST', CONFIG_MAPS, JSON_TYPE, 'Transfer-Encoding: chunked')}\r\n\r\n`)
  const chunk = `${MIB.toString(16)}\r\n${'x'.repeat(MIB)}\r\n`
  const answer = readAll(socket)
  for (let i = 0; i < 4; i++) socket.write(chunk)
  expect(await answer).toMatch(/^HTTP\/1\.1 413 /)
})

test.each([
  ['cut off', '{"metadata":', 'application/json'],
  ['no JSON', 'hello', 'application/json'],
  ['no object', '[1,2]', 'application/json'],
  ['null', 'null', 'application/json'],
  ['nested without end', '{"a":'.repeat(400_000), 'application/json'],
  ['nested too deeply', `{"metadata":{"name":"x"},"data":${'['.repeat(5000)}${']'.repeat(5000)}}`, 'application/json'],
  ['deep brackets alone', `${'['.repeat(MIB)}${']'.repeat(MIB)}`, 'application/json'],
  ['bytes of no text', '\uFFFE\u0000\u0001', 'application/json'],
  ['YAML that is none', 'a: [\n b: }', 'application/yaml'],
  ['YAML nested too deeply', '['.repeat(200_000), 'application/yaml'],
  ['protobuf that is none', 'k8s\u0000\u00ff\u00ff', 'application/vnd.kubernetes.protobuf'],
])('A body that is %s is refused as the client’s own fault, and the next one is served', async (_, body, type) => {
  const { server, request, faults } = await startPlainServer()
  const headers = { authorization: 'Bearer t', 'content-type': type }
  const answer = await fetch(`${server.url}${CONFIG_MAPS}`, { method: 'POST', headers, body })
  expect(await answer.json()).toMatchObject({ kind: 'Status', status: 'Failure' })
  expect([400, 422]).toContain(answer.status)
  expect(faults).toEqual([])
  expect(await request('POST', CONFIG_MAPS, { metadata: { name: 'next' } })).toMatchObject({ status: 201 })
})

test('YAML whose aliases stand for more than a memory can hold is refused', async () => {
  const { server, faults } = await startPlainServer()
  const levels = Array.from({ length: 12 }, (_, i) =>
    i === 0
      ? 'a0: &a0 [x,x,x,x,x,x,x,x,x,x]'
      : `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(',')}]`,
  )
  const headers = { authorization: 'Bearer t', 'content-type': 'application/yaml' }
  const answer = await fetch(`${server.url}${CONFIG_MAPS}`, { method: 'POST', headers, body: levels.join('\n') })
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('excessive aliasing')])
  expect(faults).toEqual([])
})

test('A JSON patch whose copies double the object again and again is refused, and the object is as it was', async () => {
  const { request } = await startPlainServer()
  const before = await request('POST', CONFIG_MAPS, { metadata: { name: 'a' }, data: { a: 'x'.repeat(1000) } })
  const patch = Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '/data', path: `/data/copy${i}` }))
  const answer = await request('PATCH', `${CONFIG_MAPS}/a`, patch, { contentType: 'application/json-patch+json' })
  expect(answer).toMatchObject({ status: 422 })
  expect(await request('GET', `${CONFIG_MAPS}/a`)).toEqual({ ...before, status: 200 })
})

test('Headers that are too long are refused, and others are served meanwhile', async () => {
  const { open, request } = await startPlainServer()
  const socket = open()
  socket.write(head('GET', CONFIG_MAPS, ...Array.from({ length: 100 }, (_, i) => `X-${i}: ${'y'.repeat(1000)}`)))
  expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 431 /)
  expect(await request('GET', CONFIG_MAPS)).toMatchObject({ status: 200 })
})

test('Requests in a row on one connection are answered in their order', async () => {
  const { open } = await startPlainServer()
  const socket = open()
  const names = ['one', 'two', 'three']
  const requests = names.map((name, i) => {
    const body = JSON.stringify({ metadata: { name } })
    const last = i === names.length - 1 ? ['Connection: close'] : []
    return `${head('POST', CONFIG_MAPS, JSON_TYPE, `Content-Length: ${body.length}`, ...last)}\r\n\r\n${body}`
  })
  socket.write(requests.join(''))
  const answer = await readAll(socket)
  expect([...answer.matchAll(/"name":"(\w+)"/g)].map(([, name]) => name)).toEqual(names)
})

test('Connections that never end their request leave others unharmed', async () => {
  const { open, request } = await startPlainServer()
  for (let i = 0; i < 200; i++) {
    const socket = open()
    if (i % 3 === 0) socket.write('GET / HT')
    if (i % 3 === 1) socket.write(`${head('POST', CONFIG_MAPS, JSON_TYPE, 'Content-Length: 100')}\r\n\r\n{"a`)
  }
  for (let i = 0; i < 20; i++)
    expect(await request('POST', CONFIG_MAPS, { metadata: { name: `n${i}` } })).toMatchObject({ status: 201 })
})

test('A warning about a field in any script reaches its client, and the server goes on', async () => {
  const { request, faults } = await startPlainServer()
  const body = { metadata: { name: 'a' }, 日本: 1 }
  expect(await request('POST', `${CONFIG_MAPS}?fieldValidation=Warn`, body)).toMatchObject({ status: 201 })
  expect(await request('GET', `${CONFIG_MAPS}/a`)).toMatchObject({ status: 200 })
  expect(faults).toEqual([])
})
