import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { startFaultyProxy } from '../control-plane/faulty-proxy.ts'
import { findLoopbackPort } from '../control-plane/loopback-port.ts'
import { type HostProcess, startHost } from './host-process.ts'
import { type LoggedFault, type LogLine, logLines } from './log-lines.ts'
import { ostler } from './ostler-command.ts'
import { createProject, type Project } from './project.ts'
import { installTrials, type Trials } from './trials.ts'

const REPOSITORY = resolve(import.meta.dirname, '../..')
const WITHIN = { timeout: 30_000, interval: 100 }

/** What a write killed half-way leaves. */
const HALF_WRITTEN = `apiVersion: ostler.dev/v1
kind: Ostler
controllers:
  - name: half
    handler: "handlers/ha`

const GOOD = `export const reconcile = ({ metadata }) => ({ status: { observedGeneration: metadata.generation } })\n`

let project: Project

beforeEach(() => {
  project = createProject()
})

afterEach(() => project.remove())

describe('ostler', () => {
  const run = (...args: string[]) => ostler(args, { cwd: project.dir })

  test.each([
    { args: ['--help'], says: ['run', 'dev', 'validate'] },
    {
      args: ['run', '--help'],
      says: ['--config', '--kubeconfig', '--context', '--listen', '--log-level', '--no-watch'],
    },
    { args: ['dev', '--help'], says: ['--config', '--samples', 'It never takes a cluster from KUBECONFIG'] },
    { args: ['validate', '--help'], says: ['--config'] },
  ])('$args ends with 0 and says on stdout what there is', async ({ args, says }) => {
    const { code, stdout, stderr } = await run(...args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const text of says) expect(stdout).toContain(text)
  })

  test('--help shows no command or flag that is not there yet', async () => {
    const texts = await Promise.all([run('--help'), run('run', '--help'), run('dev', '--help')])
    const help = texts.map(({ stdout }) => stdout).join('')
    expect(help).not.toMatch(/\bplan\b|manifests|\btypes\b|\binit\b/)
  })

  test.each([
    { args: ['rum'], says: "unknown command 'rum'" },
    { args: ['run', '--confg', 'x'], says: "unknown option '--confg'" },
    { args: ['run', 'extra'], says: 'too many arguments' },
    { args: ['run', '--log-level', 'loud'], says: 'Allowed choices are debug, info, warn, error' },
    { args: ['run', '--config'], says: 'argument missing' },
    { args: ['run', '--config', 'absent.yaml'], says: 'absent.yaml' },
    { args: ['run'], says: 'name another with --config FILE' },
    { args: ['validate'], says: 'name another with --config FILE' },
  ])('$args ends with 1 and says on stderr what is wrong', async ({ args, says }) => {
    const { code, stdout, stderr } = await run(...args)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test('dev without a cluster takes the embedded one, also where the environment names another', async () => {
    project.writeConfig([])
    const env = { KUBECONFIG: '/some/kubeconfig' }
    const listen = `127.0.0.1:${await findLoopbackPort()}`
    const { code, stdout } = await ostler(['dev', '--once', '--listen', listen], { cwd: project.dir, env })
    expect(code).toBe(0)
    expect(stdout).toContain('The embedded API server is up, in memory')
  })

  test('run with a kubeconfig that is missing, or no kubeconfig, ends with 1 and says what to pass', async () => {
    project.writeConfig([])
    const named = await run('run', '--kubeconfig', 'absent.kubeconfig')
    expect(named).toMatchObject({ code: 1, stderr: expect.stringContaining('absent.kubeconfig') })
    const nowhere = await run('run')
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('--kubeconfig FILE') })
  })

  test('run on a port that is in use ends with 1 and names the port and the flag', async () => {
    project.writeConfig([])
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as { port: number }
    project.write('kubeconfig', kubeconfigOf('http://127.0.0.1:9'))
    const { code, stderr } = await run('run', '--kubeconfig', 'kubeconfig', '--listen', `127.0.0.1:${port}`)
    taken.close()
    expect(code).toBe(1)
    expect(stderr).toContain(`port ${port} is in use; choose another with --listen HOST:PORT`)
  })

  test.each([
    { what: 'is half-written', text: HALF_WRITTEN, place: '5:26', says: 'Not readable as YAML' },
    { what: 'is empty', text: '', place: '1:1', says: 'empty' },
    { what: 'is binary', text: '\0\x01\x02', place: '1:1', says: 'Not readable as YAML' },
    { what: 'is a list', text: '- a\n', place: '1:1', says: 'must be a mapping' },
  ])('run with a config that $what ends with 1 and file:line:column', async ({ text, place, says }) => {
    project.write('ostler.yaml', text)
    for (const command of ['run', 'validate']) {
      const { code, stderr } = await run(command)
      expect(code).toBe(1)
      expect(stderr).toMatch(new RegExp(`^ostler.yaml:${place}: .*${says}`))
    }
  })

  test('validate shows all of eight different faults, each with its place, and ends with 1', async () => {
    project.write(
      'ostler.yaml',
      `apiVersion: ostler.dev/v1
kind: Ostler
controllers:
  - { name: missing, for: v1/ConfigMap, handler: handlers/absent.ts }
  - { name: key, for: v1/ConfigMap, handler: handlers/good.ts, timout: 3s }
  - { name: bare, for: v1/ConfigMap, handler: handlers/good.ts, timeout: 30 }
  - { name: kind, for: ConfigMap, handler: handlers/good.ts }
  - { name: builtin, for: v1/ConfigMap, handler: handlers/builtin.ts }
  - { name: syntax, for: v1/ConfigMap, handler: handlers/syntax.ts }
  - { name: export, for: v1/ConfigMap, handler: handlers/export.ts }
  - { name: throws, for: v1/ConfigMap, handler: handlers/throws.ts }
`,
    )
    project.write('handlers/good.ts', GOOD)
    project.write(
      'handlers/builtin.ts',
      `\nimport { readFileSync } from 'node:fs'\nexport const reconcile = readFileSync\n`,
    )
    project.write('handlers/syntax.ts', `export const reconcile = () => {\n  const size: number = = 3\n}\n`)
    project.write('handlers/export.ts', `export const reconcile = 'no function'\n`)
    project.write(
      'handlers/throws.ts',
      `interface Unused {}\nthrow new Error('no settings')\nexport const reconcile = () => {}\n`,
    )
    const { code, stderr } = await run('validate')
    expect(code).toBe(1)
    const config = 'ostler.yaml'
    for (const fault of [
      `${config}:4:50: controllers[0].handler names no file`,
      `${config}:5:64: controllers[1].timout is no known key; did you mean "timeout"?`,
      `${config}:6:74: controllers[2].timeout is a bare number`,
      `${config}:7:24: controllers[3].for must be group/version/Kind`,
      'handlers/builtin.ts:2:30: Cannot import "node:fs": handlers have no Node.js built-ins',
      'handlers/syntax.ts:2:24: Unexpected "="',
      'handlers/export.ts:1:1: Cannot use handler: its export "reconcile" is of type string, not a function',
      'handlers/throws.ts:2:7: Error: no settings',
    ]) {
      expect(stderr).toContain(fault)
    }
    expect(stderr).toContain('\n8 faults\n')
  })

  test("validate of the repository's own config ends with 0", async () => {
    const { code, stdout } = await run('validate', '--config', join(REPOSITORY, 'config/ostler.yaml'))
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('is valid; 3 handlers load') })
  })
})

describe('A host', () => {
  let controlPlane: ControlPlane
  let trials: Trials

  beforeAll(async () => {
    controlPlane = await startControlPlane()
    trials = await installTrials(controlPlane)
  })

  afterAll(() => controlPlane?.stop())

  afterEach(() => trials.removeAll())

  const start = (kubeconfig = controlPlane.kubeconfig) => startHost({ project, kubeconfig })
  const trial = (name: string, rest: object = {}) => ({
    name,
    for: 'e2e.example.com/v1/Trial',
    handler: `handlers/${name}.ts`,
    ...rest,
  })
  const statusOf = async (name: string) =>
    (await trials.list()).find(({ metadata }) => metadata.name === name)?.status as Record<string, unknown> | undefined

  /** The good controller has worked on the newest version of every object. */
  const expectGoodOneWorks = () => trials.converged()

  test('with handlers that do not load says why, runs the others, and takes each once it is mended', async () => {
    const faulty = {
      absent: undefined,
      builtin: `\nimport { readFileSync } from 'node:fs'\nexport const reconcile = readFileSync\n`,
      syntax: `export const reconcile = () => {\n  const size: number = = 3\n}\n`,
      wrong: `export const reconcile = 'no function'\n`,
      none: `export const reconcil = () => {}\n`,
      throws: `interface Unused {}\nthrow new Error('no settings')\n`,
    }
    const names = Object.keys(faulty)
    for (const [name, text] of Object.entries(faulty))
      if (text !== undefined) project.write(`handlers/${name}.ts`, text)
    project.write('handlers/good.ts', GOOD)
    project.writeConfig([...names, 'good'].map((name) => trial(name)))
    await trials.create(3)
    const host = await start()
    await expectGoodOneWorks()
    await host.waitUntilReady()

    const firstFaultOf = async (name: string) => {
      const line = await vi.waitFor(() => find(host, { controller: name, msg: /^Cannot load the handler/ }), WITHIN)
      const { file = '', ...fault }: Partial<LoggedFault> = line.error?.faults?.[0] ?? {}
      expect(join(project.dir, `handlers/${name}.ts`)).toContain(file)
      return fault
    }
    expect(await firstFaultOf('absent')).toMatchObject({ line: 1, column: 1 })
    expect(await firstFaultOf('builtin')).toEqual({
      ...{ line: 2, column: 30, excerpt: "import { readFileSync } from 'node:fs'" },
      message: 'Cannot import "node:fs": handlers have no Node.js built-ins',
    })
    const excerpt = '  const size: number = = 3'
    expect(await firstFaultOf('syntax')).toEqual({ line: 2, column: 24, excerpt, message: 'Unexpected "="' })
    expect((await firstFaultOf('wrong')).message).toContain('export "reconcile" is of type string, not a function')
    expect((await firstFaultOf('none')).message).toContain(
      'exports "reconcil", but none of "reconcile", "finalize", "deleted"',
    )
    expect(await firstFaultOf('throws')).toEqual({
      ...{ line: 2, column: 7, excerpt: "throw new Error('no settings')" },
      message: 'Error: no settings',
    })

    const { status, text } = await host.get('/readyz?verbose')
    expect(status).toBe(200)
    for (const name of names) {
      expect(text).toMatch(new RegExp(`^\\[\\+\\] ${name} HandlerFailed: .*handlers/${name}\\.ts`, 'm'))
      expect(await host.metric('ostler_controller_state', { controller: name, state: 'HandlerFailed' })).toBe(1)
    }
    expect(text).toContain('[+] good Running')

    for (const name of names) {
      project.write(`handlers/${name}.ts`, `export const reconcile = () => ({ status: { ${name}: true } })\n`)
    }
    const mended = Object.fromEntries(names.map((name) => [name, true]))
    await vi.waitFor(async () => expect(await statusOf('trial-0000')).toMatchObject(mended), WITHIN)
  })

  test('with results that are no results fails each by name, parks it at maxAttempts, and loses none', async () => {
    const results = {
      'no-json': { text: '({ status: { size: 1n } })', says: 'The result is not JSON: "size" is a BigInt' },
      'a-function': { text: '({ status: { size: () => 1 } })', says: 'The result is not JSON: "size" is a function' },
      'no-object': { text: '"done"', says: 'Result of the handler must be an object or nothing, not "done"' },
      'unknown-key': { text: '({ requeAfter: "1s" })', says: 'Result of the handler has an unknown key "requeAfter"' },
      'bare-number': { text: '({ requeueAfter: 30 })', says: 'requeueAfter 30; it is a duration such as "30s"' },
      large: { text: '({ status: { text: "x".repeat(2_200_000) } })', says: 'it takes more than 2097152 bytes' },
      'no-status': { text: '({ status: "ready" })', says: 'has a "status" that is not an object' },
    }
    for (const [name, { text }] of Object.entries(results)) {
      project.write(`handlers/${name}.ts`, `export const reconcile = () => ${text}\n`)
    }
    project.write('handlers/good.ts', GOOD)
    const retry = { baseDelay: '1ms', maxDelay: '10ms', maxAttempts: 2 }
    // `on: [spec]`: the good one's status writes are a change like any other, and would free what is parked.
    const rest = { retry, on: ['spec'] }
    project.writeConfig([...Object.keys(results), 'good'].map((name) => trial(name, rest)))
    await trials.create(1)
    const host = await start()
    await vi.waitFor(async () => expect(await parkedOf(host)).toHaveLength(7), WITHIN)
    for (const [name, { says }] of Object.entries(results)) {
      const failures = findAll(host, { controller: name, msg: /failed/ })
      expect(failures).toMatchObject([
        { level: 'error', key: 'default/trial-0000', attempt: 1, handler: join(project.dir, `handlers/${name}.ts`) },
        { level: 'error', key: 'default/trial-0000', attempt: 2, handler: join(project.dir, `handlers/${name}.ts`) },
      ])
      for (const { msg } of failures) expect(msg).toContain(says)
      expect(failures[1]?.msg).toContain('parked until it changes')
    }
    await expectGoodOneWorks()
    // Nothing is lost: a good version takes up what was parked.
    for (const name of Object.keys(results)) {
      project.write(`handlers/${name}.ts`, `export const reconcile = () => ({ status: { '${name}': true } })\n`)
    }
    const mended = Object.fromEntries(Object.keys(results).map((name) => [name, true]))
    await vi.waitFor(async () => expect(await statusOf('trial-0000')).toMatchObject(mended), WITHIN)
    expect(await parkedOf(host)).toEqual([])
  })

  /** An API server that answers the next write of such an object with 413: what a guest can send is below its own limit. */
  async function startTooLargeFor(name: string) {
    const proxy = await startFaultyProxy(controlPlane)
    const kubeconfig = join(controlPlane.dir, 'proxy.kubeconfig')
    proxy.writeKubeconfig(kubeconfig)
    const answer = { code: 413, reason: 'RequestEntityTooLarge', message: 'Request entity too large: limit is 3145728' }
    void proxy.answerOnce((request) => request.kind === 'patch' && request.name === name, answer)
    return { proxy, host: await start(kubeconfig) }
  }

  test('parks an object whose status the API server refuses, without a loop, until it changes or is replayed', async () => {
    await controlPlane.kubectl(['apply', '-f', join(REPOSITORY, 'config/crd/mydemo.yaml')])
    await controlPlane.kubectl(['wait', '--for=condition=Established', 'crd/mydemos.crddemo.k8s.io'])
    // By the CRD's schema, status.observed.port is an integer.
    project.write(
      'handlers/status.ts',
      `export const reconcile = ({ spec: { ip, port } }) => {
        if (port === 1) return { status: { observed: { ip, port: 'one' } } }
        return { status: { observed: { ip, port } } }
      }\n`,
    )
    const config = { name: 'status', for: 'crddemo.k8s.io/v1/Mydemo', handler: 'handlers/status.ts' }
    project.writeConfig([config])
    const { proxy, host } = await startTooLargeFor('huge')
    await host.waitForLog(/Cache synced/)
    await controlPlane.kubectl(['apply', '-f', '-'], [mydemo('invalid', 1), mydemo('huge', 2)].join('\n---\n'))
    await vi.waitFor(async () => expect(await parkedOf(host)).toHaveLength(2), WITHIN)

    const handler = join(project.dir, 'handlers/status.ts')
    const [invalid, huge] = ['invalid', 'huge'].map((name) => findAll(host, { key: `default/${name}` }))
    expect(invalid).toMatchObject([{ level: 'error', controller: 'status', attempt: 1, handler }])
    expect(invalid?.[0]?.msg).toContain('parked until it changes')
    expect(invalid?.[0]?.msg).toMatch(/Cannot write the status: .*status\.observed\.port/)
    expect(huge).toMatchObject([{ level: 'error', controller: 'status', attempt: 1, handler }])
    expect(huge?.[0]?.msg).toMatch(/Cannot write the status: Request entity too large: limit is 3145728/)
    expect(await parkedOf(host)).toContainEqual(
      expect.objectContaining({ ...{ controller: 'status', namespace: 'default', name: 'invalid', attempts: 1 } }),
    )
    expect(await host.metric('ostler_parked', { controller: 'status' })).toBe(2)

    // One that is served after them has been through the queue; had they looped, they would have come again before it.
    await controlPlane.kubectl(['apply', '-f', '-'], mydemo('fine', 3))
    await untilPort('fine', '3')
    const writes = (name: string) => proxy.count((request) => request.kind === 'patch' && request.name === name)
    expect([writes('invalid'), writes('huge')]).toEqual([1, 1])

    expect((await replay(host, 'status', { namespace: 'default', name: 'invalid' })).status).toBe(202)
    await vi.waitFor(() => expect(findAll(host, { key: 'default/invalid' })).toHaveLength(2), WITHIN)
    await vi.waitFor(async () => expect(await parkedOf(host)).toHaveLength(2), WITHIN)
    expect(writes('invalid')).toBe(2)
    expect((await replay(host, 'status', { namespace: 'default', name: 'fine' })).status).toBe(404)

    const setPort = (name: string) =>
      controlPlane.kubectl(['patch', 'mydemo', name, '--type=merge', '-p', '{"spec":{"port":8080}}'])
    await Promise.all([setPort('invalid'), setPort('huge')])
    await Promise.all([untilPort('invalid', '8080'), untilPort('huge', '8080')])
    expect(await parkedOf(host)).toEqual([])
    await controlPlane.kubectl(['delete', '-f', join(REPOSITORY, 'config/crd/mydemo.yaml')])
    await proxy.close()
  })

  const untilPort = (name: string, port: string) =>
    vi.waitFor(async () => {
      const found = await controlPlane.kubectl(['get', 'mydemo', name, '-o', 'jsonpath={.status.observed.port}'])
      expect(found).toBe(port)
    }, WITHIN)

  test("tells a handler of its own write's 413 and 422, and what it lets pass fails with the field and the line", async () => {
    const allow = [{ for: 'e2e.example.com/v1/Trial', verbs: ['patch'] }]
    project.write(
      'handlers/writer.ts',
      `import type { Reconcile } from 'ostler'

const KIND = 'e2e.example.com/v1/Trial'

export const reconcile: Reconcile = async ({ metadata }, { patch, log }) => {
  const refused = await patch(KIND, metadata, { spec: { payload: 'large' } }).catch((error) => error)
  log.info('refused', { code: refused.code, reason: refused.reason })
  await patch(KIND, metadata, { spec: { size: 'large' } })
}
`,
    )
    const retry = { baseDelay: '1ms', maxDelay: '10ms', maxAttempts: 3 }
    project.writeConfig([trial('writer', { allow, retry, on: ['spec'] })])
    await trials.create(1)
    const { proxy, host } = await startTooLargeFor('trial-0000')
    await vi.waitFor(async () => expect(await parkedOf(host)).toHaveLength(1), WITHIN)
    expect(findAll(host, { msg: /^refused$/ })[0]).toMatchObject({ code: 413, reason: 'RequestEntityTooLarge' })
    const failures = findAll(host, { controller: 'writer', msg: /failed/ })
    expect(failures).toMatchObject([1, 2, 3].map((attempt) => ({ key: 'default/trial-0000', attempt })))
    expect(failures[0]?.msg).toContain('spec.size')
    expect(failures[0]?.stack).toMatch(/handlers\/writer\.ts:8:/)
    await proxy.close()
  })

  test('refuses a request that allow does not cover, and the message names the entry to add', async () => {
    const write = `export const reconcile = ({ metadata: { name, namespace } }, context) =>
      context.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } }).then(() => ({ status: { made: true } }))\n`
    project.write('handlers/writer.ts', write)
    project.write('handlers/good.ts', GOOD)
    const retry = { baseDelay: '100ms', maxDelay: '1s' }
    project.writeConfig([trial('writer', { retry }), trial('good')])
    await trials.create(1)
    const host = await start()
    const { msg } = await vi.waitFor(() => find(host, { controller: 'writer', msg: /failed/ }), WITHIN)
    const entry = '{ for: v1/ConfigMap, verbs: [create], namespaces: [default] }'
    expect(msg).toContain(
      `Controller "writer" may not create v1/ConfigMap "default/trial-0000": add to its allow: ${entry}`,
    )
    await expectGoodOneWorks()
    // The entry that it names is the one that helps.
    const allow = [{ for: 'v1/ConfigMap', verbs: ['create'], namespaces: ['default'] }]
    project.writeConfig([trial('writer', { retry, allow }), trial('good')])
    await vi.waitFor(async () => expect(await statusOf('trial-0000')).toMatchObject({ made: true }), WITHIN)
  })

  test('with kinds that nobody serves waits for each by name, and runs the others', async () => {
    project.write('handlers/good.ts', GOOD)
    const handler = 'handlers/good.ts'
    project.writeConfig([
      trial('good'),
      { name: 'no-group', for: 'nowhere.example.com/v1/Nothing', handler },
      { name: 'no-kind', for: 'v1/ConfigMapp', handler },
      { name: 'no-version', for: 'e2e.example.com/v7/Trial', handler },
      { name: 'not-namespaced', for: 'v1/Node', handler, namespaces: ['default'] },
    ])
    await trials.create(1)
    const host = await start()
    await expectGoodOneWorks()
    await host.waitUntilReady()
    const { text } = await host.get('/readyz?verbose')
    expect(text).toContain(
      '[+] no-group WaitingForCRD: The API server does not serve "nowhere.example.com/v1/Nothing" yet',
    )
    expect(text).toContain('[+] no-kind WaitingForCRD: The API server does not serve "v1/ConfigMapp" yet')
    expect(text).toContain('[+] no-version WaitingForCRD: The API server does not serve "e2e.example.com/v7/Trial" yet')
    expect(text).toMatch(/\[\+\] not-namespaced ConfigError: "v1\/Node" is cluster-scoped/)
    expect(await host.metric('ostler_controller_state', { controller: 'no-kind', state: 'WaitingForCRD' })).toBe(1)
    expect(find(host, { controller: 'no-kind', msg: /WaitingForCRD/ }).msg).toContain('v1/ConfigMapp')
  })

  test('with a kind that it may not watch is Forbidden there alone, names the rule, and goes on once it is granted', async () => {
    project.write('handlers/good.ts', GOOD)
    project.write('handlers/secret.ts', `export const reconcile = (_, { log }) => log.info('read')\n`)
    const namespaces = ['default']
    project.writeConfig([
      trial('good', { namespaces }),
      { name: 'secret', for: 'v1/Secret', handler: 'handlers/secret.ts', namespaces },
    ])
    const apiGroups = ['e2e.example.com']
    await controlPlane.grant(
      'restricted',
      [
        { apiGroups, resources: ['trials'], verbs: ['get', 'list', 'watch'] },
        { apiGroups, resources: ['trials/status'], verbs: ['patch'] },
      ],
      'default',
    )
    await controlPlane.request('POST', '/api/v1/namespaces/default/secrets', { metadata: { name: 'one' } })
    await trials.create(1)
    const host = await start(controlPlane.kubeconfigFor('restricted'))
    await expectGoodOneWorks()
    const rule = '{apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "watch"]}'
    await vi.waitFor(() => expect(find(host, { controller: 'secret', msg: /^Forbidden/ }).msg).toContain(rule), WITHIN)
    await host.waitUntilReady()
    const { text } = await host.get('/readyz?verbose')
    expect(text).toContain('[+] good Running')
    expect(text).toMatch(
      /\[\+\] secret Forbidden: User "restricted" needs, bound to it: a Role in namespace "default" with the rule/,
    )
    expect(text).toContain(rule)
    expect(await host.metric('ostler_controller_state', { controller: 'secret', state: 'Forbidden' })).toBe(1)

    await controlPlane.grant(
      'restricted',
      [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] }],
      'default',
    )
    await vi.waitFor(() => find(host, { controller: 'secret', key: 'default/one', msg: /^read$/ }), {
      timeout: 60_000,
      interval: 500,
    })
    expect(await host.metric('ostler_controller_state', { controller: 'secret', state: 'Forbidden' })).toBe(0)
  })

  test.each([
    { what: 'half-written', spoil: () => project.write('ostler.yaml', HALF_WRITTEN), place: { line: 5, column: 26 } },
    { what: 'gone', spoil: () => rmSync(project.config), place: undefined },
  ])(
    'goes on with the config before when the new one is $what, and takes the next good one',
    async ({ spoil, place }) => {
      project.write('handlers/good.ts', GOOD)
      project.write('handlers/more.ts', `export const reconcile = () => ({ status: { more: true } })\n`)
      project.writeConfig([trial('good')])
      const host = await start()
      await host.waitForLog(/Cache synced/)
      spoil()
      const { error } = await vi.waitFor(
        () => find(host, { msg: /^Cannot use the new config; the one before goes on/ }),
        WITHIN,
      )
      expect(error?.message).toContain(project.config)
      if (place !== undefined) expect(error?.faults).toMatchObject([{ file: project.config, ...place }])
      await trials.create(1)
      await expectGoodOneWorks()
      project.writeConfig([trial('good'), trial('more')])
      await vi.waitFor(async () => expect(await statusOf('trial-0000')).toMatchObject({ more: true }), WITHIN)
      expect(await host.stop()).toEqual({ code: 0, signal: null })
    },
  )
})

interface Wanted {
  readonly controller?: string
  readonly key?: string
  readonly msg?: RegExp
}

function findAll(host: HostProcess, { controller, key, msg }: Wanted): LogLine[] {
  return logLines(host.log()).filter(
    (line) =>
      (controller === undefined || line.controller === controller) &&
      (key === undefined || line.key === key) &&
      (msg === undefined || msg.test(line.msg)),
  )
}

/** The first such line; throws while there is none. */
function find(host: HostProcess, wanted: Wanted): LogLine {
  const [line] = findAll(host, wanted)
  if (line === undefined) throw new Error(`No line in the log that has ${wanted.msg} of ${wanted.controller}`)
  return line
}

async function parkedOf(host: HostProcess): Promise<unknown[]> {
  return (JSON.parse((await host.get('/parked')).text) as { parked: unknown[] }).parked
}

function replay(host: HostProcess, controller: string, ref: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(`${host.url}/parked/${controller}/replay`, { method: 'POST', headers, body: JSON.stringify(ref) })
}

function mydemo(name: string, port: number): string {
  const metadata = { name, namespace: 'default' }
  return JSON.stringify({ apiVersion: 'crddemo.k8s.io/v1', kind: 'Mydemo', metadata, spec: { ip: '127.0.0.1', port } })
}

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'nobody' } }],
    clusters: [{ name: 'test', cluster: { server } }],
    users: [{ name: 'nobody', user: {} }],
  })
}
