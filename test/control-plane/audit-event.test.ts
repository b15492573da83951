import { afterEach, expect, test } from 'vitest'
import { type ApiServer, createApiServer } from '../../runtime/apiserver/api-server.ts'
import { auditEvent } from './audit-event.ts'
import { type AuditEvent, type AuditOptions, parseAuditLog } from './audit-log.ts'

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'
const RESOURCES = [{ group: '', resources: ['configmaps'] }]

let server: ApiServer

afterEach(() => server.close())

/** The events of a server that was asked so. */
async function eventsOf(
  options: AuditOptions,
  ...requests: readonly [string, string, object?][]
): Promise<AuditEvent[]> {
  const lines: string[] = []
  server = await createApiServer({
    tokens: [{ token: 't', user: { name: 'admin', groups: ['system:masters'] } }],
    onRequest: (report) => lines.push(`${JSON.stringify(auditEvent(report, options))}\n`),
  })
  const headers = { authorization: 'Bearer t', 'content-type': 'application/json' }
  for (const [method, path, body] of requests)
    await fetch(`${server.url}${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
  return parseAuditLog(lines.join(''))
}

test('auditEvent() names the object that a create made, also one that the server gave its name', async () => {
  const [named, generated] = await eventsOf(
    {},
    ['POST', CONFIG_MAPS, { metadata: { name: 'a' } }],
    ['POST', CONFIG_MAPS, { metadata: { generateName: 'b-' } }],
  )
  expect(named).toMatchObject({
    ...{ stage: 'ResponseComplete', verb: 'create', requestURI: CONFIG_MAPS, responseStatus: { code: 201 } },
    user: { username: 'admin', groups: ['system:masters', 'system:authenticated'] },
    objectRef: { resource: 'configmaps', namespace: 'default', name: 'a', apiVersion: 'v1' },
  })
  expect(generated?.objectRef?.name).toMatch(/^b-/)
  expect(named?.requestReceivedTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
})

test('auditEvent() has the bodies of the chosen resources at their level, and of no others', async () => {
  const requests: [string, string, object?][] = [
    ['POST', CONFIG_MAPS, { metadata: { name: 'a' } }],
    ['POST', '/api/v1/namespaces/default/secrets', { metadata: { name: 'a' } }],
  ]
  const bodies = (events: AuditEvent[]) =>
    events.map(({ requestObject, responseObject }) => [requestObject !== undefined, responseObject !== undefined])
  expect(bodies(await eventsOf({ level: 'Request', resources: RESOURCES }, ...requests))).toEqual([
    [true, false],
    [false, false],
  ])
  await server.close()
  expect(bodies(await eventsOf({ level: 'RequestResponse', resources: RESOURCES }, ...requests))).toEqual([
    [true, true],
    [false, false],
  ])
})

test('auditEvent() tells why a request was refused, and that a path is no resource', async () => {
  const [absent, version] = await eventsOf({}, ['GET', `${CONFIG_MAPS}/absent`], ['GET', '/version'])
  expect(absent?.responseStatus).toEqual({ code: 404, reason: 'NotFound' })
  expect(version).toMatchObject({ verb: 'get', responseStatus: { code: 200 } })
  expect(version?.objectRef).toBeUndefined()
})
