import type { ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { Informer } from '../../runtime/informer/informer.ts'
import { createListWatch } from '../../runtime/informer/list-watch.ts'
import { DEMO } from '../controller/scripted-controller.ts'
import { cert, certFile } from '../kube/certificates.ts'
import { answer, type Respond, statusOf } from '../kube/scripted-server.ts'
import { tempDir } from '../kube/temp-dir.ts'
import { startBench } from '../kube/test-client.ts'
import { eventually } from './hosted.ts'

const GET = { method: 'GET', path: '/api' } as const
const WITHIN_MS = 60_000
const serverA = { key: cert('server.key'), cert: cert('server-a.crt') }
const serverB = { key: cert('server.key'), cert: cert('server-b.crt') }

/** An API server that lets in who has this token. */
function guarded(): { token: string; respond: Respond } {
  const door = {
    token: 'old',
    respond: (({ headers }, response) => {
      const isRight = headers.authorization === `Bearer ${door.token}`
      answer(response, isRight ? {} : statusOf(401, 'Unauthorized'), isRight ? 200 : 401)
    }) as Respond,
  }
  return door
}

test('never-14: a token whose file is rewritten is sent within a minute, while the old one still works', async () => {
  const { write } = tempDir()
  const tokenFile = write('token', 'old')
  const { client, server, clock } = await startBench((_, response) => answer(response, {}), { user: { tokenFile } })
  await client.request(GET)
  write('token', 'new')
  await clock.advance(WITHIN_MS)
  await client.request(GET)
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new'])
})

test('never-14: a refused token is read again at once, also for a write', async () => {
  const { write } = tempDir()
  const door = guarded()
  const { client } = await startBench(door.respond, { user: { tokenFile: write('token', 'old') } })
  await client.request(GET)
  door.token = write('token', 'new') && 'new'
  expect(await client.request({ ...GET, method: 'PATCH', body: '{}' })).toMatchObject({ code: 200 })
})

test('never-14: a watch that is refused for its token goes on with the new one', async () => {
  const { write } = tempDir()
  const tokenFile = write('token', 'old')
  const tokens: (string | undefined)[] = []
  const opened: ServerResponse[] = []
  const { client, server, clock } = await startBench(
    ({ headers }, response) => {
      tokens.push(headers.authorization)
      opened.push(response)
      const annotations = { 'k8s.io/initial-events-end': 'true' }
      response.write(
        `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '1', annotations } } })}\n`,
      )
    },
    { user: { tokenFile } },
  )
  const kinds = { resolve: async () => DEMO, whenServed: () => new Promise<never>(() => {}) }
  const informer = new Informer({ gvk: DEMO, kinds, sourceOf: () => createListWatch(client, DEMO), clock })
  informer.start()
  await eventually(() => expect(informer.hasSynced).toBe(true))
  write('token', 'new')
  const next = server.respond
  server.respond = (request, response, raw) => {
    if (request.headers.authorization === 'Bearer new') return next(request, response, raw)
    answer(response, statusOf(401, 'Unauthorized'), 401)
  }
  for (const open of opened) open.destroy()
  // Sooner than the file would be read by itself.
  const limitMs = clock.now() + 9_000
  await eventually(async () => {
    if (clock.now() < limitMs) await clock.advance(20)
    expect(tokens.at(-1)).toBe('Bearer new')
  })
  informer.stop()
})

test('never-14: a CA whose file is replaced is trusted from then on, and the old one no more', async () => {
  const { write } = tempDir()
  const caFile = write('ca.crt', cert('ca-a.crt'))
  const { client, server, clock } = await startBench((_, response) => answer(response, {}), {
    tls: serverA,
    cluster: { caFile },
  })
  await client.request(GET)
  write('ca.crt', cert('ca-b.crt'))
  await clock.advance(WITHIN_MS)
  // The server has not changed yet: what signed its certificate is not trusted any more, not over a kept connection either.
  await expect(client.request(GET)).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
  server.setSecureContext(serverB)
  expect(await client.request(GET)).toMatchObject({ code: 200 })
})

test('never-14: a server that has a new CA before the file was read again is met with the new one', async () => {
  const { write } = tempDir()
  const caFile = write('ca.crt', cert('ca-a.crt'))
  const { client, server } = await startBench((_, response) => answer(response, {}), {
    tls: serverB,
    cluster: { caFile },
  })
  await expect(client.request(GET)).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
  write('ca.crt', cert('ca-b.crt'))
  expect(await client.request({ ...GET, method: 'POST' })).toMatchObject({ code: 200 })
  expect(server.requests).toHaveLength(1)
})

test('never-14: a client certificate whose files are replaced is shown within a minute', async () => {
  const { write } = tempDir()
  const names: unknown[] = []
  const { client, clock } = await startBench(
    (_, response, raw) => {
      names.push((raw.socket as TLSSocket).getPeerCertificate().subject?.CN)
      answer(response, {})
    },
    {
      tls: { ...serverA, ca: cert('ca-a.crt'), requestCert: true, rejectUnauthorized: false },
      cluster: { caFile: certFile('ca-a.crt') },
      user: { certFile: write('c.crt', cert('client.crt')), keyFile: write('c.key', cert('client.key')) },
    },
  )
  await client.request(GET)
  write('c.crt', cert('server-a.crt'))
  write('c.key', cert('server.key'))
  await clock.advance(WITHIN_MS)
  await client.request(GET)
  expect(names).toEqual(['client', 'server'])
})
