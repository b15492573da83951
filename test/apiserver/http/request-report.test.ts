import { afterEach, expect, test } from 'vitest'
import { type ApiServer, createApiServer } from '../../../runtime/apiserver/api-server.ts'
import type { RequestReport } from '../../../runtime/apiserver/http/request-report.ts'

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'

let server: ApiServer
let reports: RequestReport[]

afterEach(() => server.close())

async function ask(
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Response> {
  const init = { method, headers: { authorization: 'Bearer t', 'content-type': 'application/json', ...headers } }
  return fetch(`${server.url}${path}`, body === undefined ? init : { ...init, body: JSON.stringify(body) })
}

async function start(): Promise<void> {
  reports = []
  const user = { name: 'admin', groups: ['system:masters'] }
  server = await createApiServer({
    tokens: [
      { token: 't', user },
      { token: 'u', user: { name: 'nobody' } },
    ],
    onRequest: (report) => reports.push(report),
  })
}

test('onRequest() hears of a request with its body and answer before the client does, and of none of the server itself', async () => {
  await start()
  expect(reports).toEqual([])
  const response = await ask('POST', `${CONFIG_MAPS}?dryRun=All`, { metadata: { name: 'a' } }, { 'user-agent': 'test' })
  expect(response.status).toBe(201)
  expect(reports).toMatchObject([
    {
      ...{ stage: 'complete', method: 'POST', url: `${CONFIG_MAPS}?dryRun=All`, userAgent: 'test', code: 201 },
      info: { verb: 'create', plural: 'configmaps', namespace: 'default' },
      requester: { name: 'admin' },
      impersonated: undefined,
    },
  ])
  expect(JSON.parse(String(reports[0]?.body))).toEqual({ metadata: { name: 'a' } })
  expect(JSON.parse(String(reports[0]?.answer?.body ?? ''))).toMatchObject({
    kind: 'ConfigMap',
    metadata: { name: 'a' },
  })
})

test('onRequest() tells who acted as whom, and of one who may not only who asked', async () => {
  await start()
  await ask('GET', CONFIG_MAPS, undefined, { 'impersonate-user': 'other' })
  await ask('GET', CONFIG_MAPS, undefined, { 'impersonate-user': 'other', authorization: 'Bearer u' })
  await ask('GET', CONFIG_MAPS, undefined, { authorization: 'Bearer unknown' })
  expect(
    reports.map(({ code, requester, impersonated }) => ({ code, who: requester?.name, as: impersonated?.name })),
  ).toEqual([
    { code: 403, who: 'admin', as: 'other' },
    { code: 403, who: 'nobody', as: undefined },
    { code: 401, who: undefined, as: undefined },
  ])
})

test('onRequest() hears of a watch when it opens and when it has ended, under one id', async () => {
  await start()
  await (await ask('GET', `${CONFIG_MAPS}?watch=1&timeoutSeconds=1`)).text()
  await expect.poll(() => reports.length).toBe(2)
  expect(reports.map(({ stage, code, info }) => ({ stage, code, verb: info.verb }))).toEqual([
    { stage: 'started', code: 200, verb: 'watch' },
    { stage: 'complete', code: 200, verb: 'watch' },
  ])
  expect(new Set(reports.map(({ id }) => id)).size).toBe(1)
})
