import { readFileSync, rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CredentialSource, REREAD_MS } from '../../runtime/kube/credentials.ts'
import type { KubeUser } from '../../runtime/kube/kubeconfig-file.ts'
import { createFakeClock } from '../fake-clock.ts'
import { tempDir } from './temp-dir.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

function sourceOf(user: Partial<KubeUser>, cluster: object = {}) {
  const clock = createFakeClock()
  const kubeConfig = {
    description: 'test',
    cluster: { name: 'c', server: 'https://127.0.0.1', skipTLSVerify: false, ...cluster },
    user: { name: 'u', ...user },
    namespace: undefined,
  }
  return { clock, source: new CredentialSource(kubeConfig, clock) }
}

test.each([
  ['a token', { token: 't' }, { authorization: 'Bearer t' }],
  ['name and password', { username: 'a', password: 'b' }, { authorization: `Basic ${base64('a:b')}` }],
  ['nothing', {}, {}],
  [
    'impersonation',
    { token: 't', impersonateUser: 'x', impersonateUid: '7', impersonateGroups: ['g', 'h'] },
    { authorization: 'Bearer t', 'impersonate-user': 'x', 'impersonate-uid': '7', 'impersonate-group': ['g', 'h'] },
  ],
])('CredentialSource of a user with %s sends just that', async (_, user, headers) => {
  expect((await sourceOf(user).source.current()).headers).toEqual(headers)
})

test('CredentialSource takes inline certificates before files, and the cluster’s TLS settings', async () => {
  const { write } = tempDir()
  const { source } = sourceOf(
    { certData: base64('CERT'), certFile: '/nonexistent', keyFile: write('key', 'KEY\n') },
    { caData: base64('CA'), tlsServerName: 'kube.internal', skipTLSVerify: true },
  )
  const tls = { ca: 'CA', cert: 'CERT', key: 'KEY', servername: 'kube.internal', rejectUnauthorized: false }
  expect((await source.current()).tls).toEqual(tls)
})

test('CredentialSource with a token file that is rewritten answers the new token within a minute', async () => {
  const { write } = tempDir()
  const tokenFile = write('token', 'old\n')
  const { source, clock } = sourceOf({ tokenFile, token: 'inline' })
  const before = await source.current()
  expect(before.headers.authorization).toBe('Bearer old')
  write('token', 'new\n')
  expect(source.fresh).toBe(before)
  await clock.advance(REREAD_MS)
  expect(REREAD_MS).toBeLessThanOrEqual(60_000)
  expect(source.fresh).toBeUndefined()
  const after = await source.current()
  expect(after.headers.authorization).toBe('Bearer new')
  expect(after.tls).toBe(before.tls)
})

test('CredentialSource with unchanged files answers the same object after reading them again', async () => {
  const { write } = tempDir()
  const { source, clock } = sourceOf({ tokenFile: write('token', 't') }, { caFile: write('ca', 'CA') })
  const before = await source.current()
  await clock.advance(REREAD_MS)
  expect(await source.current()).toBe(before)
  expect(await source.renew(before)).toBe(before)
})

test('CredentialSource with a rewritten CA answers other TLS material', async () => {
  const { write } = tempDir()
  const { source, clock } = sourceOf({}, { caFile: write('ca', 'A') })
  const before = await source.current()
  write('ca', 'B')
  await clock.advance(REREAD_MS)
  expect((await source.current()).tls).toEqual({ ca: 'B' })
  expect(before.tls).toEqual({ ca: 'A' })
})

test('CredentialSource with a file that is gone or empty for a moment keeps its last content', async () => {
  const { write } = tempDir()
  const tokenFile = write('token', 'good')
  const { source, clock } = sourceOf({ tokenFile })
  const before = await source.current()
  write('token', '')
  await clock.advance(REREAD_MS)
  expect(await source.current()).toBe(before)
  rmSync(tokenFile)
  await clock.advance(REREAD_MS)
  expect(await source.current()).toBe(before)
})

test('CredentialSource with a file that never could be read says which', async () => {
  const { source } = sourceOf({ keyFile: '/nonexistent/key' })
  await expect(source.current()).rejects.toMatchObject({
    code: 'KUBECONFIG_INVALID',
    message: 'Cannot read the client key "/nonexistent/key"',
  })
})

test('CredentialSource.renew() after a refusal reads at once, and answers those who come late without reading', async () => {
  const { write } = tempDir()
  const { source } = sourceOf({ tokenFile: write('token', 'old') })
  const refused = await source.current()
  write('token', 'new')
  const renewed = await source.renew(refused)
  expect(renewed.headers.authorization).toBe('Bearer new')
  write('token', 'newer')
  expect(await source.renew(refused)).toBe(renewed)
})

/** An exec plugin that counts its runs in a file and prints what `print` (a shell word) says. */
function plugin(print: string, exec: object = {}) {
  const { dir, write } = tempDir()
  const command = write('login', `#!/bin/sh\necho "$KUBERNETES_EXEC_INFO" >> "${dir}/runs"\n${print}\n`)
  const runs = () => readFileSync(`${dir}/runs`, 'utf8').trim().split('\n')
  return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command, ...exec }, runs, command }
}

const credential = (status: object) =>
  `echo '${JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status })}'`

test('CredentialSource with an exec plugin runs it once for all who wait, and not again before the credential expires', async () => {
  const { exec, runs } = plugin(credential({ token: 'from-plugin', expirationTimestamp: '2999-01-01T00:00:00Z' }))
  const { source, clock } = sourceOf({ exec })
  const [one, two] = await Promise.all([source.current(), source.current()])
  expect(one.headers).toEqual({ authorization: 'Bearer from-plugin' })
  expect(two).toBe(one)
  await clock.advance(REREAD_MS)
  expect(await source.current()).toBe(one)
  expect(runs().map((line) => JSON.parse(line))).toEqual([
    { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', spec: { interactive: false } },
  ])
})

test('CredentialSource with an exec plugin whose credential has expired runs it again', async () => {
  const { exec, runs } = plugin(credential({ token: 't', expirationTimestamp: '2020-01-01T00:00:00Z' }))
  const { source, clock } = sourceOf({ exec })
  await source.current()
  await clock.advance(REREAD_MS)
  await source.current()
  expect(runs()).toHaveLength(2)
})

test('CredentialSource.renew() with an exec plugin runs it anew, but not for every refusal', async () => {
  const { exec, runs } = plugin(credential({ token: 't' }))
  const { source, clock } = sourceOf({ exec })
  const refused = await source.current()
  await clock.advance(REREAD_MS)
  for (let i = 0; i < 5; i++) expect(await source.renew(refused)).toBe(refused)
  expect(runs()).toHaveLength(2)
})

test('CredentialSource with an exec plugin takes certificates, and tells it the cluster when it asks', async () => {
  const status = { clientCertificateData: 'CERT', clientKeyData: 'KEY' }
  const { exec, runs } = plugin(credential(status), { provideClusterInfo: true })
  const { source } = sourceOf({ exec }, { caData: base64('CA') })
  expect((await source.current()).tls).toEqual({ ca: 'CA', cert: 'CERT', key: 'KEY' })
  expect(JSON.parse(runs()[0] as string).spec.cluster).toMatchObject({
    server: 'https://127.0.0.1',
    'certificate-authority-data': base64('CA'),
  })
})

test.each([
  ['prints no JSON', 'echo s3cret-token', 'KUBECONFIG_INVALID', 'it printed no ExecCredential'],
  ['prints another object', `echo '{"token":"s3cret-token"}'`, 'KUBECONFIG_INVALID', 'it printed no ExecCredential'],
  ['gives nothing', credential({}), 'KUBECONFIG_INVALID', 'it gave neither token nor certificate'],
  ['fails', 'echo s3cret-token; echo "session has expired" >&2; exit 3', 'API_UNREACHABLE', 'session has expired'],
  ['fails without a word', 'exit 1', 'API_UNREACHABLE', 'it failed or took too long, and said nothing'],
])(
  'CredentialSource with an exec plugin that %s says so and shows none of its output',
  async (_, print, code, message) => {
    const { exec, command } = plugin(print)
    const error = await sourceOf({ exec })
      .source.current()
      .catch((thrown: unknown) => thrown as Error)
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) })
    expect((error as Error).message).toContain(command)
    expect(`${(error as Error).message} ${(error as Error).stack} ${(error as Error).cause}`).not.toContain('s3cret')
  },
)

test('CredentialSource with an exec plugin that is not installed shows the kubeconfig’s hint', async () => {
  const exec = { command: 'ostler-no-such-plugin', installHint: 'Install it from example.com' }
  await expect(sourceOf({ exec }).source.current()).rejects.toMatchObject({
    code: 'KUBECONFIG_INVALID',
    message: expect.stringMatching(/ENOENT. Install it from example.com$/),
  })
})
