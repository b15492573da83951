import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiServer, createApiServer } from '../../../runtime/apiserver/api-server.ts'

const PODS = '/api/v1/namespaces/default/pods'

let server: ApiServer

beforeAll(async () => {
  server = await createApiServer({ tokens: [{ token: 't', user: { name: 'admin', groups: ['system:masters'] } }] })
  const spec = { containers: [{ name: 'a', image: 'a' }] }
  const { code } = await server.client.request('POST', PODS, { metadata: { name: 'a' }, spec })
  expect(code).toBe(201)
})

afterAll(() => server?.close())

test.each(['websocket', 'SPDY/3.1'])('a request for an upgrade to %s is told in a Status why not', async (protocol) => {
  const answer = await ask(`${PODS}/a/exec?command=true`, protocol)
  const message = 'the embedded API server does not imitate pods/exec'
  expect(answer).toMatchObject({ code: 501, status: { kind: 'Status', message } })
})

function ask(path: string, protocol: string): Promise<{ code: number; status: unknown }> {
  const headers = { authorization: 'Bearer t', connection: 'Upgrade', upgrade: protocol }
  return new Promise((done, reject) => {
    request(`${server.url}${path}`, { headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => done({ code: response.statusCode ?? 0, status: JSON.parse(text) }))
    })
      .on('error', reject)
      .end()
  })
}
