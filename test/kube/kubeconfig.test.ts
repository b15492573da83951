import { mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import { loadKubeConfig } from '../../runtime/kube/kubeconfig.ts'
import { tempDir } from './temp-dir.ts'

/** A kubeconfig whose context, cluster and user are all called `name`. */
const yaml = (name: string, { cluster = '{server: "https://one:6443"}', user = '{token: s3cret}' } = {}) => `
apiVersion: v1
kind: Config
current-context: ${name}
contexts: [{name: ${name}, context: {cluster: ${name}, user: ${name}, namespace: ns-${name}}}]
clusters: [{name: ${name}, cluster: ${cluster}}]
users: [{name: ${name}, user: ${user}}]
`

const nowhere = { env: {}, homeDir: '/nonexistent' }

function failureOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    expect(error).toMatchObject({ name: 'RuntimeError', code: 'KUBECONFIG_INVALID' })
    return (error as Error).message
  }
  throw new Error('it did not fail')
}

test('loadKubeConfig() of a named file takes its current context and describes it without secrets', () => {
  const file = tempDir().write('config', yaml('one'))
  const config = loadKubeConfig({ ...nowhere, kubeconfig: file })
  expect(config.description).toBe(`context one, https://one:6443, user one, from ${file}`)
  expect(config).toMatchObject({
    cluster: { server: 'https://one:6443' },
    user: { token: 's3cret' },
    namespace: 'ns-one',
  })
})

test('loadKubeConfig() prefers the named file to KUBECONFIG, and that to the home folder, and that to the pod', () => {
  const { dir, write } = tempDir()
  mkdirSync(join(dir, '.kube'))
  write('.kube/config', yaml('home'))
  write('token', 't')
  write('ca.crt', 'c')
  const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }
  const env = { ...pod, KUBECONFIG: write('env', yaml('env')) }
  const options = { homeDir: dir, serviceAccountDir: dir }
  expect(loadKubeConfig({ ...options, env, kubeconfig: write('flag', yaml('flag')) }).user.name).toBe('flag')
  expect(loadKubeConfig({ ...options, env }).user.name).toBe('env')
  expect(loadKubeConfig({ ...options, env: pod }).user.name).toBe('home')
  expect(loadKubeConfig({ ...options, homeDir: '/nonexistent', env: pod }).user.name).toBe('service-account')
})

test('loadKubeConfig() with several files in KUBECONFIG merges them, the first to name a thing wins, missing ones are passed over', () => {
  const { write } = tempDir()
  const files = [
    '/nonexistent/config',
    write('a', yaml('one')),
    write('b', `${yaml('two')}`.replace('https://one', 'https://two')),
    write('c', yaml('one', { cluster: '{server: "https://shadowed"}' })),
  ]
  const env = { KUBECONFIG: files.join(delimiter) }
  expect(loadKubeConfig({ ...nowhere, env }).cluster.server).toBe('https://one:6443')
  expect(loadKubeConfig({ ...nowhere, env, context: 'two' }).cluster.server).toBe('https://two:6443')
})

test('loadKubeConfig() counts relative files and commands from the kubeconfig’s folder', () => {
  const { dir, write } = tempDir()
  const cluster = '{server: "https://x", certificate-authority: pki/ca.crt}'
  const user = '{client-certificate: c.crt, client-key: /abs/c.key, tokenFile: token, exec: {command: ./bin/login}}'
  const config = loadKubeConfig({ ...nowhere, kubeconfig: write('config', yaml('one', { cluster, user })) })
  expect(config.cluster.caFile).toBe(join(dir, 'pki/ca.crt'))
  expect(config.user).toMatchObject({
    certFile: join(dir, 'c.crt'),
    keyFile: '/abs/c.key',
    tokenFile: join(dir, 'token'),
  })
  expect(config.user.exec).toEqual({ command: join(dir, 'bin/login') })
})

test('loadKubeConfig() in a pod names the service account’s files and server, IPv6 too', () => {
  const { dir, write } = tempDir()
  write('token', 't')
  write('ca.crt', 'c')
  write('namespace', 'demo\n')
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }
  const config = loadKubeConfig({ ...nowhere, env, serviceAccountDir: dir })
  expect(config.cluster).toMatchObject({ server: 'https://[fd00::1]:443', caFile: join(dir, 'ca.crt') })
  expect(config).toMatchObject({ isInCluster: true, namespace: 'demo', user: { tokenFile: join(dir, 'token') } })
})

test('loadKubeConfig() in a pod without a mounted token says which file is missing', () => {
  const { dir } = tempDir()
  const env = { KUBERNETES_SERVICE_HOST: 'h', KUBERNETES_SERVICE_PORT: '443' }
  expect(failureOf(() => loadKubeConfig({ ...nowhere, env, serviceAccountDir: dir }))).toContain(
    `"${join(dir, 'token')}" is missing; set automountServiceAccountToken`,
  )
})

test('loadKubeConfig() with nothing to find says where it looked and what to pass', () => {
  expect(failureOf(() => loadKubeConfig(nowhere))).toBe(
    'Cannot find a cluster: no kubeconfig at "/nonexistent/.kube/config", no KUBECONFIG, and not in a pod; pass --kubeconfig FILE',
  )
})

test.each([
  ['--kubeconfig', { kubeconfig: '/nonexistent/k' }],
  ['KUBECONFIG', { env: { KUBECONFIG: `/nonexistent/k${delimiter}/nonexistent/l` } }],
])('loadKubeConfig() of a missing file named by %s says so', (_, options) => {
  expect(failureOf(() => loadKubeConfig({ ...nowhere, ...options }))).toContain(
    'Cannot use kubeconfig "/nonexistent/k": there is no such file',
  )
})

test('loadKubeConfig() of broken YAML names the line and shows nothing of the file', () => {
  const file = tempDir().write('config', 'users:\n- name: a\n  user: {token: s3cret\n')
  const message = failureOf(() => loadKubeConfig({ ...nowhere, kubeconfig: file }))
  expect(message).toMatch(/^Cannot use kubeconfig ".*": line \d is no YAML \(.+\)$/)
  expect(message).not.toContain('s3cret')
})

test.each(['', 'just text', '[1]'])('loadKubeConfig() of %j, which is no kubeconfig, says so', (text) => {
  const file = tempDir().write('config', text)
  expect(failureOf(() => loadKubeConfig({ ...nowhere, kubeconfig: file }))).toMatch(/Cannot use kubeconfig/)
})

test.each([
  [
    'an unknown context',
    yaml('one'),
    'nope',
    'Cannot use context "nope" of kubeconfig "FILE": it has "one"; pass --context NAME',
  ],
  [
    'no current context',
    'contexts: []',
    undefined,
    'Cannot use kubeconfig "FILE": it has no current-context; pass --context NAME',
  ],
  [
    'a cluster that is missing',
    yaml('one').replace(/^clusters.*$/m, ''),
    undefined,
    'its cluster "one" has no entry, or one without server',
  ],
  [
    'a cluster without server',
    yaml('one', { cluster: '{}' }),
    undefined,
    'its cluster "one" has no entry, or one without server',
  ],
  [
    'a server that is no URL',
    yaml('one', { cluster: '{server: "one:6443"}' }),
    undefined,
    'has the server "one:6443", which is no http(s) URL',
  ],
  [
    'a proxy of an unknown kind',
    yaml('one', { cluster: '{server: "https://x", proxy-url: "ftp://p"}' }),
    undefined,
    'proxy-url that is not http, https or socks5',
  ],
  ['a user that is missing', yaml('one').replace(/^users.*$/m, ''), undefined, 'its user "one" has no entry'],
  [
    'an auth provider',
    yaml('one', { user: '{auth-provider: {name: oidc}}' }),
    undefined,
    'auth-provider "oidc", which Kubernetes has dropped: use an exec plugin',
  ],
  [
    'an exec plugin that asks at a terminal',
    yaml('one', { user: '{exec: {command: x, interactiveMode: Always}}' }),
    undefined,
    'needs a terminal',
  ],
  [
    'impersonated extras',
    yaml('one', { user: '{token: s3cret, as: a, as-user-extra: {k: [v]}}' }),
    undefined,
    'has as-user-extra, which is not supported',
  ],
])('loadKubeConfig() with %s says what to mend', (_, text, context, expected) => {
  const file = tempDir().write('config', text)
  const message = failureOf(() => loadKubeConfig({ ...nowhere, kubeconfig: file, context }))
  expect(message).toContain(expected.replace('FILE', file))
  expect(message).not.toContain('s3cret')
})

test('loadKubeConfig() is not disturbed by broken entries that the context does not use', () => {
  const text = yaml('one').replace(
    /users: \[/,
    'users: [null, {user: {}}, {name: old, user: {auth-provider: {name: gcp}}}, ',
  )
  const file = tempDir().write('config', text)
  expect(loadKubeConfig({ ...nowhere, kubeconfig: file }).user.token).toBe('s3cret')
})
