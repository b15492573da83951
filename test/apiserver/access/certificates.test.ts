import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { Access } from '../../../runtime/apiserver/access/access.ts'
import {
  type Certificate,
  createCertificateAuthority,
  SERVER_NAMES,
} from '../../../runtime/apiserver/access/certificate-authority.ts'
import { createAccess } from '../../../runtime/apiserver/access/create-access.ts'
import { Store } from '../../../runtime/apiserver/storage/store.ts'

/** Asks a server of `authority` who one is. */
async function whoAmI(
  authority: Certificate & { issueServer: ReturnType<typeof createCertificateAuthority>['issueServer'] },
  client: object,
): Promise<unknown> {
  const access: Access = createAccess({ store: new Store(), tokens: [{ token: 't', user: { name: 'by-token' } }] })
  const { certificate: cert, privateKey: key } = authority.issueServer(SERVER_NAMES)
  const options = { cert, key, ca: authority.certificate, requestCert: true, rejectUnauthorized: false }
  await using server = createServer(options, async (incoming, response) => {
    const answer = await access.authenticate(incoming).catch((error) => error.status)
    response.end(JSON.stringify(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const call = request({ host: '127.0.0.1', port, ca: authority.certificate, agent: false, ...client }).end()
  const [response] = await once(call, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return JSON.parse(text)
}

const asClient = ({ certificate, privateKey }: Certificate) => ({ cert: certificate, key: privateKey })

test('a certificate for a server is good for all its names, and signed by the authority', () => {
  const authority = createCertificateAuthority()
  const server = new X509Certificate(authority.issueServer(SERVER_NAMES).certificate)
  expect(server.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true)
  for (const name of SERVER_NAMES) expect(server.checkHost(name) ?? server.checkIP(name)).toBe(name)
  expect(server.checkHost('example.com')).toBeUndefined()
  expect(server.ca).toBe(false)
  expect(new X509Certificate(authority.certificate).ca).toBe(true)
})

test('a certificate is good for a year from its making', () => {
  const now = Date.UTC(2049, 11, 31)
  const { validFromDate, validToDate } = new X509Certificate(createCertificateAuthority(() => now).certificate)
  expect(validFromDate.getTime()).toBe(now - 3600_000)
  expect(validToDate.getTime()).toBe(Date.UTC(2050, 11, 31))
})

test('a client certificate says the user and the groups', async () => {
  const authority = createCertificateAuthority()
  const client = authority.issueClient({ name: 'änn', groups: ['system:masters', 'team'] })
  expect(await whoAmI(authority, asClient(client))).toEqual({
    name: 'änn',
    groups: ['system:masters', 'team', 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)] },
  })
})

test('a client certificate of another authority is refused', async () => {
  const stranger = createCertificateAuthority().issueClient({ name: 'ann', groups: ['system:masters'] })
  expect(await whoAmI(createCertificateAuthority(), asClient(stranger))).toMatchObject({ code: 401 })
})

test('a client certificate of another authority does not keep a token from being good', async () => {
  const stranger = asClient(createCertificateAuthority().issueClient({ name: 'ann' }))
  const withToken = (token: string) => ({ ...stranger, headers: { authorization: `Bearer ${token}` } })
  expect(await whoAmI(createCertificateAuthority(), withToken('t'))).toMatchObject({ name: 'by-token' })
  expect(await whoAmI(createCertificateAuthority(), withToken('wrong'))).toMatchObject({ code: 401 })
})

test('over HTTPS without a certificate the token counts, and nothing is anonymous', async () => {
  const authority = createCertificateAuthority()
  const byToken = await whoAmI(authority, { headers: { authorization: 'Bearer t' } })
  expect(byToken).toMatchObject({ name: 'by-token', groups: ['system:authenticated'] })
  expect(await whoAmI(authority, {})).toMatchObject({ name: 'system:anonymous' })
  expect(await whoAmI(authority, { headers: { authorization: 'Bearer wrong' } })).toMatchObject({
    code: 401,
    reason: 'Unauthorized',
    message: 'Unauthorized',
  })
})
