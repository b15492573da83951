import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inspectConfig, loadConfig } from '../../runtime/config/load.ts'
import type { ControllerConfig } from '../../runtime/config/schema.ts'
import { formatFault, RuntimeError } from '../../runtime/errors.ts'
import { tempProject } from './temp-project.ts'

const HEAD = 'apiVersion: ostler.dev/v1\nkind: Ostler\n'

/** One controller with these lines beside the required ones; the first of them is line 7. */
function withController(...lines: string[]): string {
  const controller = ['name: mydemo', 'for: crddemo.k8s.io/v1/Mydemo', 'handler: h.ts', ...lines]
  return `${HEAD}controllers:\n  - ${controller.join('\n    ')}\n`
}

async function faultsOf(text: string, file = 'ostler.yaml'): Promise<string[]> {
  const cwd = tempProject({ [file]: text })
  const error = await loadConfig({ cwd }).catch((thrown: unknown) => thrown)
  if (!(error instanceof RuntimeError)) throw new Error('No fault was found', { cause: error })
  expect(error.code).toBe('CONFIG_INVALID')
  return error.faults.map((fault) => formatFault(fault).replace(`${cwd}/`, ''))
}

async function controllerOf(text: string): Promise<ControllerConfig> {
  const { controllers } = await loadConfig({ cwd: tempProject({ 'ostler.yaml': text }) })
  return controllers[0] as ControllerConfig
}

test('loadConfig() of the shortest config fills in every default', async () => {
  const cwd = tempProject({ 'ostler.yaml': withController() })
  const file = join(cwd, 'ostler.yaml')
  expect(await loadConfig({ cwd })).toEqual({
    file,
    dir: cwd,
    crds: [],
    leaderElection: {
      enabled: undefined,
      name: 'ostler',
      namespace: undefined,
      leaseDurationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2_000,
    },
    controllers: [
      {
        name: 'mydemo',
        place: { file, line: 4, column: 5 },
        gvk: { group: 'crddemo.k8s.io', version: 'v1', kind: 'Mydemo' },
        forText: 'crddemo.k8s.io/v1/Mydemo',
        handler: join(cwd, 'h.ts'),
        handlerPlace: { file, line: 6, column: 14 },
        namespaces: [],
        labelSelector: undefined,
        fieldSelector: undefined,
        on: undefined,
        resyncMs: 0,
        owns: [],
        watches: [],
        retry: { baseDelayMs: 5, maxDelayMs: 1_000_000, maxAttempts: 0 },
        timeoutMs: 30_000,
        memoryBytes: 128 * 2 ** 20,
        concurrency: 4,
        isolation: 'process',
        with: undefined,
        allow: [],
        as: undefined,
      },
    ],
  })
})

test('loadConfig() reads every option of a controller', async () => {
  const controller = await controllerOf(
    withController(
      'namespaces: [default, kube-system]',
      'labelSelector: app=web,tier in (a, b),!legacy',
      'fieldSelector: metadata.name=web',
      'on: [spec, labels]',
      'resync: 1m30s',
      'retry: { baseDelay: 10ms, maxDelay: 1m, maxAttempts: 3 }',
      'timeout: 500ms',
      'memory: 1Gi',
      'concurrency: 2',
      'isolation: process',
      'with: { threshold: 10 }',
      'as: system:serviceaccount:demo:mydemo',
      'allow:',
      '  - { for: apps/v1/Deployment, verbs: [get, patch], subresources: [scale], namespaces: [a], names: [b] }',
      '  - { for: v1/Node, verbs: [list] }',
      '  - { path: /version, verbs: [get] }',
      '  - { path: /.well-known/openid-configuration, verbs: [get] }',
    ),
  )
  expect(controller).toMatchObject({
    namespaces: ['default', 'kube-system'],
    labelSelector: 'app=web,tier in (a, b),!legacy',
    fieldSelector: 'metadata.name=web',
    on: ['spec', 'labels'],
    resyncMs: 90_000,
    retry: { baseDelayMs: 10, maxDelayMs: 60_000, maxAttempts: 3 },
    timeoutMs: 500,
    memoryBytes: 2 ** 30,
    concurrency: 2,
    with: { threshold: 10 },
    as: 'system:serviceaccount:demo:mydemo',
  })
  expect(controller.allow).toEqual([
    {
      gvk: { group: 'apps', version: 'v1', kind: 'Deployment' },
      verbs: ['get', 'patch'],
      subresources: ['scale'],
      namespaces: ['a'],
      names: ['b'],
    },
    { gvk: { group: '', version: 'v1', kind: 'Node' }, verbs: ['list'] },
    { path: '/version', verbs: ['get'] },
    { path: '/.well-known/openid-configuration', verbs: ['get'] },
  ])
})

test('loadConfig() reads every option of leaderElection', async () => {
  const timing = 'leaseDuration: 3s, renewDeadline: 2s, retryPeriod: 500ms'
  const text = `${withController()}leaderElection: { enabled: true, name: demo, namespace: ops, ${timing} }\n`
  const { leaderElection } = await loadConfig({ cwd: tempProject({ 'ostler.yaml': text }) })
  expect(leaderElection).toEqual({
    enabled: true,
    name: 'demo',
    namespace: 'ops',
    leaseDurationMs: 3_000,
    renewDeadlineMs: 2_000,
    retryPeriodMs: 500,
  })
})

test.each([
  [
    '{ leaseDuration: 10s }',
    '7:34: leaderElection.leaseDuration leaves leaseDuration not above renewDeadline (10s and 10s)',
  ],
  [
    '{ renewDeadline: 20s }',
    '7:34: leaderElection.renewDeadline leaves leaseDuration not above renewDeadline (15s and 20s)',
  ],
  [
    '{ retryPeriod: 9s }',
    '7:32: leaderElection.retryPeriod leaves renewDeadline not above 1.2 times retryPeriod (10s and 9s)',
  ],
  [
    '{ renewDeadline: 2s }',
    '7:34: leaderElection.renewDeadline leaves renewDeadline not above 1.2 times retryPeriod (2s and 2s)',
  ],
  ['{ leaseDuration: 15 }', '7:34: leaderElection.leaseDuration is a bare number'],
  ['{ leaseDuration: soon, renewDeadline: 14s }', '7:34: leaderElection.leaseDuration must be a duration'],
  ['{ enabled: "yes" }', '7:28: leaderElection.enabled'],
])('loadConfig() refuses leaderElection: %s', async (value, fault) => {
  const faults = await faultsOf(`${withController()}leaderElection: ${value}\n`)
  expect(faults.map((text) => text.startsWith(`ostler.yaml:${fault}`) || text)).toEqual([true])
})

test('loadConfig() lets a controller override defaults, retry key by key', async () => {
  const controller = await controllerOf(
    `${withController('timeout: 1s', 'retry: { maxAttempts: 7 }', 'resync: off')}defaults: { timeout: 2s, concurrency: 9, resync: 30s, retry: { baseDelay: 1s } }\n`,
  )
  expect(controller).toMatchObject({ timeoutMs: 1_000, concurrency: 9, resyncMs: 0 })
  expect(controller.retry).toEqual({ baseDelayMs: 1_000, maxDelayMs: 1_000_000, maxAttempts: 7 })
})

test('loadConfig() of a config with eight different faults names all eight, each with its place', async () => {
  const text = `${HEAD}defaults:
  timeout: 30
controllers:
  - name: one
    for: crddemo.k8s.io/v1/Mydemo
    handler: one.ts
    timout: 5s
    memory: 1Mi
    on: [spec, lables]
    labelSelector: a in b
    allow:
      - { for: "*/*/*", verbs: [gett] }
  - name: one
    for: v1/Node
    handler: two.ts
`
  expect(await faultsOf(text)).toEqual([
    'ostler.yaml:4:12: defaults.timeout is a bare number: write a duration with its unit, such as "30s"',
    'ostler.yaml:9:5: controllers[0].timout is no known key; did you mean "timeout"?',
    'ostler.yaml:10:13: controllers[0].memory must be at least 64Mi, not "1Mi"',
    'ostler.yaml:11:16: controllers[0].on[1] must be one of spec, labels, annotations, status, not "lables"; did you mean "labels"?',
    'ostler.yaml:12:20: controllers[0].labelSelector has "a in b", which is no label requirement such as app=web or tier in (a, b)',
    'ostler.yaml:14:16: controllers[0].allow[0].for must be group/version/Kind, such as apps/v1/Deployment, not "*/*/*"',
    'ostler.yaml:14:33: controllers[0].allow[0].verbs[0] must be one of get, list, watch, create, update, patch, delete, deletecollection, post, put, not "gett"; did you mean "get"?',
    'ostler.yaml:15:11: controllers[1].name is "one" again; first on line 6',
  ])
})

test('loadConfig() shows the source line of a fault, cut when it is long', async () => {
  const cwd = tempProject({ 'ostler.yaml': withController('concurrency: 0', `x: ${'y'.repeat(500)}`) })
  const error = (await loadConfig({ cwd }).catch((thrown: unknown) => thrown)) as RuntimeError
  expect(error.faults[0]?.excerpt).toBe('    concurrency: 0')
  expect(error.faults[1]?.excerpt).toHaveLength(161)
  expect(error.message).toBe(
    `Cannot use config "${cwd}/ostler.yaml": line 7, column 18: 2 faults, the first: controllers[0].concurrency must be a whole number from 1 to 100, not 0`,
  )
})

test.each([
  ['timeout: 30', '7:14: controllers[0].timeout is a bare number: write a duration with its unit, such as "30s"'],
  [
    'timeout: 1 minute',
    '7:14: controllers[0].timeout must be a duration, such as "500ms", "30s" or "1m30s", not "1 minute"',
  ],
  ['timeout: 25h', '7:14: controllers[0].timeout must be at most 24h, not "25h"'],
  ['timeout: off', '7:14: controllers[0].timeout must be a duration'],
  ['timeout: [1s]', '7:14: controllers[0].timeout must be a text, not a list'],
  ['timeout:', '7:5: controllers[0].timeout is empty; it must be a text'],
  ['resync: 1ms', '7:13: controllers[0].resync must be at least 1s, not "1ms"'],
  [
    'memory: 134217728',
    '7:13: controllers[0].memory is a bare number: write a quantity with its unit, such as "134217728Mi" or "128Mi"',
  ],
  ['memory: 128MB', '7:13: controllers[0].memory must be a Kubernetes quantity, such as "128Mi" or "1Gi", not "128MB"'],
  ['memory: 63Mi', '7:13: controllers[0].memory must be at least 64Mi, not "63Mi"'],
  ['concurrency: 1.5', '7:18: controllers[0].concurrency must be a whole number from 1 to 100, not 1.5'],
  ['concurrency: many', '7:18: controllers[0].concurrency must be a whole number from 1 to 100, not "many"'],
  [
    'retry: { maxAttempts: -1 }',
    '7:27: controllers[0].retry.maxAttempts must be a whole number from 0 to 1000000, not -1',
  ],
  [
    'retry: { baseDelay: 1m, maxDelay: 1s }',
    '7:39: controllers[0].retry.maxDelay puts maxDelay below baseDelay, which is "1m"',
  ],
  ['retry: { baseDelay: 1h }', '7:25: controllers[0].retry.baseDelay puts maxDelay below baseDelay, which is "1h"'],
  ['retry: { basedelay: 1s }', '7:14: controllers[0].retry.basedelay is no known key; did you mean "baseDelay"?'],
  ['namespaces: []', '7:17: controllers[0].namespaces must not be empty; leave it out instead'],
  ['namespaces: [a, b, a]', '7:24: controllers[0].namespaces[2] names "a" again'],
  ['namespaces: default', '7:17: controllers[0].namespaces must be a list, not "default"'],
  ['namespaces: [Default]', '7:18: controllers[0].namespaces[0] must be a DNS label'],
  [
    'fieldSelector: metadata.name',
    '7:20: controllers[0].fieldSelector has "metadata.name", which is no field requirement',
  ],
  ['isolation: proces', '7:16: controllers[0].isolation must be process or { group: NAME }, not "proces"'],
  ['isolation: { grup: a }', '7:16: controllers[0].isolation must be process or { group: NAME }, not {"grup":"a"}'],
  ['isolation: { group: Team }', '7:25: controllers[0].isolation.group must be a DNS label'],
  ['owns: [apps/v1/Deployment, v1/Pod, v1/Pod]', '7:40: controllers[0].owns[2] names "v1/Pod" again'],
  ['owns: [Deployment]', '7:12: controllers[0].owns[0] must be group/version/Kind'],
  ['owns: apps/v1/Deployment', '7:11: controllers[0].owns must be a list'],
  ['watches: [{ for: v1/ConfigMap }]', '7:15: controllers[0].watches[0].map is missing'],
  ['watches: [{ map: toDemos }]', '7:15: controllers[0].watches[0].for is missing'],
  [
    'watches: [{ for: v1/ConfigMap, map: reconcile }]',
    '7:41: controllers[0].watches[0].map must not be "reconcile", which is no mapper',
  ],
  ['watches: [{ for: v1/ConfigMap, map: a-b }]', '7:41: controllers[0].watches[0].map must be the name of an export'],
  [
    'watches: [{ for: v1/ConfigMap, map: a }, { for: v1/Pod, map: a }, { for: v1/Pod, map: a }]',
    '7:71: controllers[0].watches[2] maps "v1/Pod" by "a" again',
  ],
  ['with: { a: [1, .nan] }', '7:20: controllers[0].with.a[1] is NaN, which JSON cannot carry'],
  [
    'as: system:serviceaccount:demo',
    '7:9: controllers[0].as must be system:serviceaccount:NAMESPACE:NAME or the name of a user, in visible characters, not "system:serviceaccount:demo"',
  ],
  ['as: "a\\nb"', '7:9: controllers[0].as must be system:serviceaccount:NAMESPACE:NAME or the name of a user'],
  ['allow: [{ verbs: [get] }]', '7:13: controllers[0].allow[0] must have "for" (a kind) or "path"'],
  [
    'allow: [{ for: v1/Pod, path: /x, verbs: [get] }]',
    '7:28: controllers[0].allow[0].path and "for" exclude each other',
  ],
  [
    'allow: [{ for: v1/Pod, verbs: [post] }]',
    '7:36: controllers[0].allow[0].verbs[0] is "post", which goes with "path" only',
  ],
  [
    'allow: [{ path: /x, verbs: [list] }]',
    '7:33: controllers[0].allow[0].verbs[0] is "list", which goes with "for" only',
  ],
  [
    'allow: [{ path: /x, verbs: [get], names: [a] }]',
    '7:39: controllers[0].allow[0].names goes with "for", not with "path"',
  ],
  [
    'allow: [{ path: /api/v1/pods, verbs: [get] }]',
    '7:21: controllers[0].allow[0].path must be a path that belongs to no resource',
  ],
  [
    'allow: [{ path: /a/../b, verbs: [get] }]',
    '7:21: controllers[0].allow[0].path must be a path that belongs to no resource',
  ],
  [
    'allow: [{ path: "/*", verbs: [get] }]',
    '7:21: controllers[0].allow[0].path must be a path that belongs to no resource',
  ],
  ['allow: [{ for: v1/Pod, verbs: [] }]', '7:35: controllers[0].allow[0].verbs must not be empty'],
  [
    'allow: [{ for: v1/Pod, verbs: [get], subresources: [exec] }]',
    '7:57: controllers[0].allow[0].subresources[0] must not be "exec"',
  ],
])('loadConfig() with %j on a controller is refused with its place', async (line, expected) => {
  const faults = await faultsOf(withController(line))
  expect(faults).toHaveLength(1)
  expect(faults[0]).toContain(`ostler.yaml:${expected}`)
})

test.each([
  ['name: My_Demo', 'controllers[0].name must be a DNS label'],
  [`name: ${'a'.repeat(64)}`, 'controllers[0].name must be a DNS label'],
  ['name: 12', 'controllers[0].name must be a text, not 12'],
])('loadConfig() refuses a controller with %j', async (line, expected) => {
  const faults = await faultsOf(withController().replace('name: mydemo', line))
  expect(faults[0]).toContain(`ostler.yaml:4:11: ${expected}`)
})

test.each([
  ['', '1:1: The file is empty'],
  ['# nothing\n', '1:1: The file is empty'],
  ['- a\n- b\n', '1:1: The config must be a mapping, not a list'],
  ['text\n', '1:1: The config must be a mapping, not "text"'],
  [`${HEAD}controllers: [\n`, '4:1: Not readable as YAML: '],
  [`${HEAD}controllers:\n\t- name: a\n`, '4:1: Not readable as YAML: tab characters must not be used in indentation'],
  [`${HEAD}controllers: "half\n`, '4:1: Not readable as YAML: '],
  [
    `${HEAD}controllers: []\n---\n${HEAD}controllers: []\n`,
    '5:1: The file holds several YAML documents; one is expected',
  ],
  [`${HEAD}controllers: *gone\n`, '3:15: Not readable as YAML: unidentified alias "gone"'],
  [`${HEAD}controllers: []\nkind: Ostler\n`, '4:1: Key "kind" stands here twice; first on line 2'],
  [`${HEAD}controllers:\n`, '3:1: controllers is empty; it must be a list'],
  [HEAD, '1:1: controllers is missing'],
  ['apiVersion: v1\nkind: Ostler\ncontrollers: []\n', '1:13: apiVersion must be ostler.dev/v1, not "v1"'],
  ['kind: Ostler\ncontrollers: []\n', '1:1: apiVersion is missing; write ostler.dev/v1'],
  [`${HEAD}controllers: []\ncontrolers: []\n`, '4:1: controlers is no known key; did you mean "controllers"?'],
  [
    `${HEAD}controllers: []\n<<: {}\n`,
    '4:1: << is no known key; known are apiVersion, kind, crds, defaults, leaderElection, controllers',
  ],
  [`${HEAD}controllers: []\n__proto__: {}\n`, '4:1: __proto__ is no known key'],
])('loadConfig() refuses the file %j', async (text, expected) => {
  const faults = await faultsOf(text)
  expect(faults).toHaveLength(1)
  expect(faults[0]).toContain(`ostler.yaml:${expected}`)
})

test('loadConfig() names duplicate keys beside the other faults', async () => {
  const faults = await faultsOf(withController('timeout: 1s', 'timeout: 2s', 'concurrency: 0', 'concurrency: 0'))
  expect(faults.map((fault) => fault.split(': ')[0])).toEqual([
    'ostler.yaml:8:5',
    'ostler.yaml:9:18',
    'ostler.yaml:10:5',
  ])
})

test('loadConfig() reads anchors, and places a fault inside one where the alias stands', async () => {
  const text = withController('allow: &rights [{ for: v1/Pod, verbs: [get] }]', 'with: *rights')
  expect((await controllerOf(text)).with).toEqual([{ for: 'v1/Pod', verbs: ['get'] }])
  const faults = await faultsOf(withController('with: &list [get]', 'allow: *list'))
  expect(faults[0]).toContain('ostler.yaml:7:18: controllers[0].allow[0] must be a mapping')
})

test('loadConfig() refuses anchors that multiply without end', async () => {
  const levels = Array.from({ length: 9 }, (_, n) => `  a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(', ')}]`)
  const faults = await faultsOf(withController('with:', '  a0: &a0 [1, 1]', ...levels))
  expect(faults).toEqual([expect.stringContaining('controllers[0].with holds more than 10000 values')])
})

test('loadConfig() searches ostler.yaml, .ostlerrc.yaml, config/ostler.yaml and package.json, in this order', async () => {
  const yaml = withController()
  const json = JSON.stringify({ name: 'x', ostler: { apiVersion: 'ostler.dev/v1', kind: 'Ostler', controllers: [] } })
  const files = { 'ostler.yaml': yaml, '.ostlerrc.yaml': yaml, 'config/ostler.yaml': yaml, 'package.json': json }
  const order = Object.entries(files)
  for (const [index, [name]] of order.entries()) {
    const cwd = tempProject(Object.fromEntries(order.slice(index)))
    expect((await loadConfig({ cwd })).file).toBe(join(cwd, name))
  }
})

test('loadConfig() of a package.json places faults inside its key', async () => {
  const text =
    '{\n  "name": "x",\n  "ostler": {\n    "apiVersion": "ostler.dev/v1",\n    "kind": "Ostler",\n    "controllers": {}\n  }\n}\n'
  expect(await faultsOf(text, 'package.json')).toEqual(['package.json:6:20: controllers must be a list, not a mapping'])
})

test.each([
  ['no file', {}],
  ['a package.json without the key', { 'package.json': '{"name": "x"}' }],
  ['a package.json that is empty', { 'package.json': '' }],
  ['a package.json that does not parse', { 'package.json': '{' }],
])('loadConfig() in a folder with %s says where it looked', async (_, files) => {
  const cwd = tempProject(files)
  await expect(loadConfig({ cwd })).rejects.toMatchObject({
    code: 'CONFIG_NOT_FOUND',
    message: `Cannot find a config in "${cwd}": looked for ostler.yaml, .ostlerrc.yaml, config/ostler.yaml, "ostler" in package.json; name another with --config FILE`,
  })
})

test('loadConfig() where the working folder has a broken package.json says so', () => {
  const cwd = tempProject({ 'package.json': '{' })
  const load = join(import.meta.dirname, '../../runtime/config/load.ts')
  const script = `import { loadConfig } from ${JSON.stringify(load)}
    await loadConfig({ cwd: process.cwd() }).catch(({ code, message }) => console.log(code + ': ' + message))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd, encoding: 'utf8' })
  expect(stdout).toContain(
    `CONFIG_NOT_FOUND: Cannot search "${cwd}" for a config: JSON Error in ${join(cwd, 'package.json')}`,
  )
})

test('loadConfig() of an empty ostler.yaml says that it is empty, and looks no further', async () => {
  const cwd = tempProject({ 'ostler.yaml': '', 'config/ostler.yaml': withController() })
  await expect(loadConfig({ cwd })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

test('loadConfig() of a named file that does not exist or is a folder says so', async () => {
  const cwd = tempProject({})
  mkdirSync(join(cwd, 'folder'))
  await expect(loadConfig({ cwd, file: 'gone.yaml' })).rejects.toMatchObject({
    code: 'CONFIG_NOT_FOUND',
    message: expect.stringContaining(`Cannot read config "${join(cwd, 'gone.yaml')}": ENOENT`),
  })
  await expect(loadConfig({ cwd, file: 'folder' })).rejects.toMatchObject({
    code: 'CONFIG_NOT_FOUND',
    message: expect.stringContaining('EISDIR'),
  })
})

test.skipIf(process.getuid?.() === 0)(
  'loadConfig() of a file it may not read says so, and looks no further',
  async () => {
    const cwd = tempProject({ 'ostler.yaml': withController(), 'config/ostler.yaml': withController() })
    chmodSync(join(cwd, 'ostler.yaml'), 0)
    await expect(loadConfig({ cwd })).rejects.toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: expect.stringContaining(`Cannot read config "${join(cwd, 'ostler.yaml')}": EACCES`),
    })
  },
)

test('loadConfig() reads handlers relative to the file, not to the working folder', async () => {
  const cwd = tempProject({ 'config/ostler.yaml': withController().replace('h.ts', '../handlers/h.ts') })
  const { controllers, dir } = await loadConfig({ cwd })
  expect(dir).toBe(join(cwd, 'config'))
  expect(controllers[0]?.handler).toBe(join(cwd, 'handlers/h.ts'))
})

test('loadConfig() passes over a missing handler, inspectConfig() finds it', async () => {
  const cwd = tempProject({ 'ostler.yaml': withController() })
  await expect(loadConfig({ cwd })).resolves.toBeDefined()
  await expect(inspectConfig({ cwd })).resolves.toMatchObject({
    handlers: [],
    faults: [
      { line: 6, column: 14, message: `controllers[0].handler names no file: there is no "${join(cwd, 'h.ts')}"` },
    ],
  })
})

test('loadConfig() reads owns and watches', async () => {
  const lines = ['owns: [apps/v1/Deployment]', 'watches: [{ for: v1/ConfigMap, map: toDemos }]']
  expect(await controllerOf(withController(...lines))).toMatchObject({
    owns: [{ group: 'apps', version: 'v1', kind: 'Deployment' }],
    watches: [{ gvk: { group: '', version: 'v1', kind: 'ConfigMap' }, map: 'toDemos' }],
  })
})
