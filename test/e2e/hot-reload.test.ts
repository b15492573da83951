import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { isList, type ProxiedRequest } from '../control-plane/proxied-request.ts'
import { type HostProcess, startHost } from './host-process.ts'
import { logLines } from './log-lines.ts'
import { crdFixture, createProject } from './project.ts'
import { startProxiedControlPlane } from './proxied-control-plane.ts'
import { setUpTrials } from './trial-bench.ts'
import { TRIALS } from './trials.ts'

const WITHIN = { timeout: 30_000, interval: 100 }

/** Says in the status which version of it, and which process, worked on the object last; `name` keeps controllers apart. */
const handler = (name: string, version: string, imports = '') => `${imports}
const instance = crypto.randomUUID()
export const reconcile = ({ spec: { size } }, context) =>
  ({ status: { ${name}: { version: ${version}, instance, size, with: context.with ?? null } } })
`

interface Mark {
  readonly version: string
  /** Another one in each process. */
  readonly instance: string
  /** Of the object, as it was then. */
  readonly size: number
  readonly with?: unknown
}

describe('Hot reload', () => {
  const bench = setUpTrials(startProxiedControlPlane)

  beforeAll(async () => {
    await bench.controlPlane.kubectl(['apply', '-f', crdFixture('neighbour')])
    await bench.controlPlane.kubectl(['wait', '--for=condition=Established', 'crd/neighbours.e2e.example.com'])
  })

  const entry = (name: string, rest: object = {}) => ({
    name,
    for: 'e2e.example.com/v1/Trial',
    handler: `handlers/${name}.ts`,
    ...rest,
  })
  const start = (options: { command?: 'run' | 'dev'; args?: string[]; config?: string } = {}) => {
    const { config = bench.project.config, ...rest } = options
    return bench.startHost({ project: { ...bench.project, config }, ...rest })
  }
  const lists = (which: Partial<ProxiedRequest> = {}) =>
    bench.server.proxy.count(
      (request) =>
        isList(request) &&
        request.resource === (which.resource ?? 'trials') &&
        (!('namespace' in which) || request.namespace === which.namespace),
    )
  const swaps = (host: HostProcess, controller: string) => host.metric('ostler_swaps_total', { controller })

  /** What each controller left in each object. */
  async function marks(name: string): Promise<(Mark | undefined)[]> {
    return (await bench.trials.list()).map(({ status }) => (status as Record<string, Mark> | undefined)?.[name])
  }

  /** Resolves with the process that did it, once a controller has left this version in every object. */
  async function untilAllBear(name: string, expected: Partial<Mark>): Promise<string> {
    return await vi.waitFor(async () => {
      const found = await marks(name)
      expect(found).not.toHaveLength(0)
      for (const mark of found) expect(mark).toMatchObject(expected)
      const instances = new Set(found.map((mark) => mark?.instance))
      expect(instances.size).toBe(1)
      return found[0]?.instance as string
    }, WITHIN)
  }

  test("of a saved handler swaps that controller's guest alone, works on every object again, and lists nothing", async () => {
    bench.project.write('handlers/a.ts', handler('a', '"1"'))
    bench.project.write('handlers/b.ts', handler('b', '"1"'))
    bench.project.writeConfig([entry('a'), entry('b')])
    await bench.trials.create(5)
    const host = await start()
    const [a1, b1] = await Promise.all([untilAllBear('a', { version: '1' }), untilAllBear('b', { version: '1' })])
    const listsBefore = lists()

    bench.project.write('handlers/a.ts', handler('a', '"2"'))
    const a2 = await untilAllBear('a', { version: '2' })
    expect(a2).not.toBe(a1)
    expect(await untilAllBear('b', { version: '1' })).toBe(b1)
    expect([await swaps(host, 'a'), await swaps(host, 'b')]).toEqual([1, 0])

    // Saved without a change, it is the same handler; and editors put a new file in the place of the old one.
    bench.project.write('handlers/a.ts', handler('a', '"2"'))
    bench.project.write('handlers/b.ts.new', handler('b', '"2"'))
    renameSync(join(bench.project.dir, 'handlers/b.ts.new'), join(bench.project.dir, 'handlers/b.ts'))
    await untilAllBear('b', { version: '2' })
    expect(await untilAllBear('a', { version: '2' })).toBe(a2)
    expect([await swaps(host, 'a'), await swaps(host, 'b')]).toEqual([1, 1])
    expect(lists()).toBe(listsBefore)
  })

  test('follows the imports of a handler, also those that came with a reload', async () => {
    bench.project.write('lib/version.ts', `export { version } from './deep/number.ts'\n`)
    bench.project.write('lib/deep/number.ts', `export const version = '1'\n`)
    bench.project.write('handlers/a.ts', handler('a', 'version', `import { version } from '../lib/version.ts'`))
    bench.project.writeConfig([entry('a')])
    await bench.trials.create(1)
    const host = await start()
    await untilAllBear('a', { version: '1' })
    bench.project.write('lib/deep/number.ts', `export const version = '2'\n`)
    await untilAllBear('a', { version: '2' })

    bench.project.write('settings/version.json', `{ "version": "3" }\n`)
    bench.project.write(
      'handlers/a.ts',
      handler('a', 'settings.version', `import settings from '../settings/version.json'`),
    )
    await untilAllBear('a', { version: '3' })
    bench.project.write('settings/version.json', `{ "version": "4" }\n`)
    await untilAllBear('a', { version: '4' })

    // What it does not import any more is of no concern.
    bench.project.write('lib/deep/number.ts', `export const version = '5'\n`)
    bench.project.write('settings/version.json', `{ "version": "6" }\n`)
    await untilAllBear('a', { version: '6' })
    expect(await swaps(host, 'a')).toBe(4)
  })

  test.each([
    {
      what: 'does not build',
      text: `interface Unused {}\n\nexport const reconcile = () => { retrun 3 }\n`,
      place: /handlers\/a\.ts:3:41: Expected ";" but found "3"\n +\| export const reconcile = \(\) => \{ retrun 3 \}\n/,
    },
    {
      what: 'throws at load',
      text: `interface Settings { size?: { of: number } }\nconst settings: Settings = {}\nconst size = settings.size.of\nexport const reconcile = () => ({ status: { size } })\n`,
      place: /handlers\/a\.ts:3:\d+: TypeError: [^\n]+\n +\| const size = settings\.size\.of\n/,
    },
    {
      what: 'imports what is not there',
      text: `import { gone } from '../lib/gone.ts'\nexport const reconcile = gone\n`,
      place: /handlers\/a\.ts:1:22: [^\n]*"\.\.\/lib\/gone\.ts"[^\n]*\n +\| import \{ gone \}/,
    },
    { what: 'has been deleted', text: undefined, place: /handlers\/a\.ts:1:1: / },
  ])(
    'of a version that $what shows its line, and the one before goes on until it is mended',
    async ({ text, place }) => {
      bench.project.write('handlers/a.ts', handler('a', '"1"'))
      bench.project.writeConfig([entry('a')])
      await bench.trials.create(1)
      const host = await start({ command: 'dev' })
      const instance = await untilAllBear('a', { version: '1' })
      const listsBefore = lists()
      if (text === undefined) rmSync(join(bench.project.dir, 'handlers/a.ts'))
      else bench.project.write('handlers/a.ts', text)
      await host.waitForLog(/Cannot load the handler; the version before goes on/)
      await host.waitForLog(place)
      expect((await host.get('/readyz?verbose')).text).toContain('[+] a Running')
      await bench.trials.change(0, 7)
      expect(await untilAllBear('a', { version: '1', size: 7 })).toBe(instance)
      expect(await swaps(host, 'a')).toBe(0)

      bench.project.write('handlers/a.ts', handler('a', '"2"'))
      await untilAllBear('a', { version: '2' })
      expect(await swaps(host, 'a')).toBe(1)
      expect(lists()).toBe(listsBefore)
    },
  )

  test('of a version that mends a broken one by being the one that runs says so', async () => {
    bench.project.write('handlers/a.ts', handler('a', '"1"'))
    bench.project.writeConfig([entry('a')])
    await bench.trials.create(1)
    const host = await start({ command: 'dev' })
    await untilAllBear('a', { version: '1' })
    bench.project.write('handlers/a.ts', 'const broken = {')
    await host.waitForLog(/Cannot load the handler; the version before goes on/)
    bench.project.write('handlers/a.ts', handler('a', '"1"'))
    await host.waitForLog(/Handler mended: the version that runs is the newest/)
    expect(await swaps(host, 'a')).toBe(0)
  })

  test('takes an import that is saved while the version that brought it is still being loaded', async () => {
    bench.project.write('handlers/a.ts', handler('a', '"1"'))
    bench.project.writeConfig([entry('a')])
    await bench.trials.create(1)
    const host = await start({ args: ['--log-level', 'debug'] })
    await untilAllBear('a', { version: '1' })
    bench.project.write('lib/version.ts', `export const version = '2'\n`)
    const slowly = 'const until = Date.now() + 1_500\nwhile (Date.now() < until) {}\n'
    bench.project.write(
      'handlers/a.ts',
      slowly + handler('a', 'version', `import { version } from '../lib/version.ts'`),
    )
    await host.waitForLog(/"Handler built".*"Handler built"/s)
    bench.project.write('lib/version.ts', `export const version = '3'\n`)
    await untilAllBear('a', { version: '3' })
  })

  test('of a build that failed for a missing import goes on once that file is there', async () => {
    bench.project.write('handlers/a.ts', handler('a', 'version', `import { version } from '../lib/version.ts'`))
    bench.project.writeConfig([entry('a')])
    await bench.trials.create(1)
    const host = await start()
    await host.waitForLog(/Cannot load the handler/)
    bench.project.write('lib/version.ts', `export const version = '1'\n`)
    await untilAllBear('a', { version: '1' })
  })

  test('of the config adds, changes and removes controllers, and leaves the others as they are', async () => {
    for (const name of ['a', 'b', 'c']) bench.project.write(`handlers/${name}.ts`, handler(name, '"1"'))
    bench.project.writeConfig([entry('a', { with: { round: 1 } }), entry('b')])
    await bench.trials.create(3)
    const host = await start()
    const a1 = await untilAllBear('a', { version: '1', with: { round: 1 } })
    const b1 = await untilAllBear('b', { version: '1' })
    const listsBefore = lists()

    bench.project.writeConfig([entry('a', { with: { round: 1 } }), entry('b'), entry('c')])
    await untilAllBear('c', { version: '1' })

    bench.project.writeConfig([entry('a', { with: { round: 2 } }), entry('b'), entry('c')])
    expect(await untilAllBear('a', { with: { round: 2 } })).not.toBe(a1)
    expect(await swaps(host, 'a')).toBe(1)

    bench.project.writeConfig([entry('a', { with: { round: 2 } }), entry('b')])
    await vi.waitFor(async () => expect((await host.get('/readyz?verbose')).text).not.toContain('] c '), WITHIN)
    await vi.waitFor(
      async () => expect((await host.get('/metrics')).text.includes('controller="c"')).toBe(false),
      WITHIN,
    )

    await host.waitForLog(/"removed":"c"/)
    const reloads = logLines(host.log()).filter(({ msg }) => msg === 'Config reloaded')
    expect(reloads).toMatchObject([{ added: 'c' }, { changed: 'a' }, { removed: 'c' }])
    expect(await untilAllBear('b', { version: '1' })).toBe(b1)
    expect(await swaps(host, 'b')).toBe(0)
    expect(lists()).toBe(listsBefore)
  })

  test('of concurrency, retry and resync takes effect in place; of allow by a fresh guest', async () => {
    bench.project.write(
      'handlers/a.ts',
      `const instance = crypto.randomUUID()
      export const reconcile = async (_object, context) => {
        context.log.info('called', { reason: context.reason, instance })
        const maps = await context.list('v1/ConfigMap', {}).catch((error) => error.message)
        return { status: { a: { version: Array.isArray(maps) ? 'allowed' : 'denied', instance } } }
      }\n`,
    )
    bench.project.writeConfig([entry('a')])
    await bench.trials.create(1)
    const host = await start()
    const instance = await untilAllBear('a', { version: 'denied' })
    const concurrency = () => host.metric('controller_runtime_max_concurrent_reconciles', { controller: 'a' })
    expect(await concurrency()).toBe(4)

    const inPlace = { concurrency: 7, resync: '1s', retry: { maxAttempts: 3 } }
    bench.project.writeConfig([entry('a', inPlace)])
    await vi.waitFor(async () => expect(await concurrency()).toBe(7), WITHIN)
    await host.waitForLog(/"reason":"resync"/)
    expect(await untilAllBear('a', { version: 'denied' })).toBe(instance)
    expect(await swaps(host, 'a')).toBe(0)

    bench.project.writeConfig([entry('a', { ...inPlace, allow: [{ for: 'v1/ConfigMap', verbs: ['list'] }] })])
    expect(await untilAllBear('a', { version: 'allowed' })).not.toBe(instance)
    expect(await swaps(host, 'a')).toBe(1)
    bench.project.writeConfig([entry('a', inPlace)])
    await untilAllBear('a', { version: 'denied' })
  })

  test('of `with` beside a handler that does not load takes effect once it loads, not before', async () => {
    bench.project.write('handlers/a.ts', handler('a', '"1"'))
    bench.project.writeConfig([entry('a', { with: 'old' })])
    await bench.trials.create(1)
    const host = await start()
    await untilAllBear('a', { with: 'old' })

    bench.project.write('handlers/a.ts', 'export const reconcile = (\n')
    await host.waitForLog(/Cannot load the handler/)
    bench.project.writeConfig([entry('a', { with: 'new' })])
    await host.waitForLog(/Config reloaded/)
    await bench.trials.change(0, 7)
    await untilAllBear('a', { size: 7, with: 'old' })

    bench.project.write('handlers/a.ts', handler('a', '"1"'))
    await untilAllBear('a', { with: 'new' })
  })

  test('of the config goes on while a removed controller waits for a call that hangs', async () => {
    bench.project.write('handlers/a.ts', 'export const reconcile = () => new Promise(() => console.log("hangs"))\n')
    bench.project.write('handlers/b.ts', handler('b', '"1"'))
    bench.project.writeConfig([entry('a', { timeout: '10m' }), entry('b')])
    await bench.trials.create(1)
    const host = await start()
    await host.waitForLog(/hangs/)

    bench.project.writeConfig([entry('b')])
    await host.waitForLog(/"removed":"a"/)
    bench.project.writeConfig([entry('b', { with: 'later' })])
    await untilAllBear('b', { with: 'later' })
  })

  test('of namespaces and for watches what is new, and lists nothing for anyone else', async () => {
    for (const name of ['a', 'b']) bench.project.write(`handlers/${name}.ts`, handler(name, '"1"'))
    bench.project.writeConfig([entry('a'), entry('b')])
    await bench.trials.create(2)
    const host = await start()
    await untilAllBear('a', { version: '1' })
    const b1 = await untilAllBear('b', { version: '1' })
    const before = { all: lists({ namespace: undefined }), one: lists({ namespace: 'default' }) }

    bench.project.writeConfig([entry('a', { namespaces: ['default'], with: 'scoped' }), entry('b')])
    await untilAllBear('a', { with: 'scoped' })
    expect(lists({ namespace: undefined })).toBe(before.all)
    expect(lists({ namespace: 'default' })).toBe(before.one + 1)

    const neighbours = '/apis/e2e.example.com/v1/namespaces/default/neighbours'
    await bench.controlPlane.request('POST', neighbours, {
      ...{ apiVersion: 'e2e.example.com/v1', kind: 'Neighbour', metadata: { name: 'next' }, spec: { size: 1 } },
    })
    bench.project.writeConfig([entry('a', { for: 'e2e.example.com/v1/Neighbour' }), entry('b')])
    await vi.waitFor(async () => {
      const { body } = await bench.controlPlane.request('GET', `${neighbours}/next`)
      expect(body).toMatchObject({ status: { a: { version: '1' } } })
    }, WITHIN)
    expect(lists({ resource: 'neighbours' })).toBe(1)
    expect(lists({ namespace: undefined })).toBe(before.all)
    await Promise.all([bench.trials.change(0, 5), bench.trials.change(1, 5)])
    expect(await untilAllBear('b', { version: '1', size: 5 })).toBe(b1)
    await bench.controlPlane.request('DELETE', `${neighbours}/next`)
    expect(logLines(host.log()).filter(({ level }) => level === 'error')).toEqual([])
  })

  test('of namespaces calls `deleted` for what goes while the calls before it finish', async () => {
    bench.project.write(
      'handlers/a.ts',
      `export const reconcile = async ({ metadata }, { log }) => {
        log.info('Busy', { name: metadata.name })
        if (metadata.name === 'trial-0000') await new Promise((resolve) => setTimeout(resolve, 4000))
      }
      export const deleted = ({ metadata }, { log }) => log.info('Gone: ' + metadata.name)`,
    )
    bench.project.writeConfig([entry('a', { on: ['spec'] })])
    await bench.trials.create(2)
    const host = await start()
    await host.waitForLog(/Busy[\s\S]*Busy/)
    bench.project.writeConfig([entry('a', { on: ['spec'], namespaces: ['default'] })])
    await host.waitForLog(/Config reloaded/)
    await bench.controlPlane.request('DELETE', `${TRIALS}/trial-0001`)
    await host.waitForLog(/Gone: trial-0001/)
  })

  test('of a bad config shows its fault and leaves everything running', async () => {
    bench.project.write('handlers/a.ts', handler('a', '"1"'))
    bench.project.writeConfig([entry('a')])
    await bench.trials.create(1)
    const host = await start()
    const instance = await untilAllBear('a', { version: '1' })
    const listsBefore = lists()
    bench.project.writeConfig([entry('a', { concurrency: 0, tiemout: '3s' }), entry('b')])
    await host.waitForLog(/Cannot use the new config; the one before goes on/)
    const line = logLines(host.log()).find(({ msg }) => msg.startsWith('Cannot use the new config'))
    expect(line?.error?.faults).toMatchObject([
      { file: bench.project.config, message: expect.stringContaining('concurrency') },
      { file: bench.project.config, message: expect.stringContaining('did you mean "timeout"?') },
    ])
    expect(await host.metric('ostler_config_reload_total', { result: 'error' })).toBe(1)
    await bench.trials.change(0, 3)
    expect(await untilAllBear('a', { version: '1', size: 3 })).toBe(instance)
    // Handlers are followed as before.
    bench.project.write('handlers/a.ts', handler('a', '"2"'))
    await untilAllBear('a', { version: '2' })
    expect(lists()).toBe(listsBefore)
    expect((await host.get('/readyz')).status).toBe(200)
  })

  test('is off with --no-watch', async () => {
    for (const name of ['a', 'b']) bench.project.write(`handlers/${name}.ts`, handler(name, '"1"'))
    bench.project.writeConfig([entry('a')])
    await bench.trials.create(1)
    const still = await start({ args: ['--no-watch'] })
    const instance = await untilAllBear('a', { version: '1' })
    // A second host that does follow tells when a change has been there to see.
    const other = createProject()
    const follower = await startHost({
      project: { ...other, config: bench.project.config },
      kubeconfig: bench.controlPlane.kubeconfigFor('restricted'),
    })
    await follower.waitForLog(/Handler loaded/)
    bench.project.write('handlers/a.ts', handler('a', '"2"'))
    await follower.waitForLog(/Handler swapped/)
    bench.project.writeConfig([entry('a'), entry('b')])
    await follower.waitForLog(/Config reloaded/)
    await bench.trials.change(0, 9)
    expect(await untilAllBear('a', { version: '1', size: 9 })).toBe(instance)
    expect(still.log()).not.toMatch(/Handler swapped|Config reloaded/)
    await other.remove()
  })

  test('follows a ConfigMap volume, which swaps a symlink above the files', async () => {
    const mount = join(bench.project.dir, 'mount')
    mkdirSync(mount)
    const publish = (revision: string, files: Record<string, string>) => {
      mkdirSync(join(mount, revision))
      for (const [name, text] of Object.entries(files)) writeFileSync(join(mount, revision, name), text)
      symlinkSync(revision, join(mount, '..data_tmp'))
      renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
    }
    const config = (round: number) =>
      JSON.stringify({
        ...{ apiVersion: 'ostler.dev/v1', kind: 'Ostler' },
        controllers: [{ ...entry('a', { with: round }), handler: 'a.ts' }],
      })
    publish('..2026_01', { 'ostler.yaml': config(1), 'a.ts': handler('a', '"1"') })
    for (const name of ['ostler.yaml', 'a.ts']) symlinkSync(join('..data', name), join(mount, name))
    await bench.trials.create(1)
    await start({ config: join(mount, 'ostler.yaml') })
    await untilAllBear('a', { version: '1', with: 1 })

    publish('..2026_02', { 'ostler.yaml': config(1), 'a.ts': handler('a', '"2"') })
    rmSync(join(mount, '..2026_01'), { recursive: true })
    await untilAllBear('a', { version: '2', with: 1 })

    publish('..2026_03', { 'ostler.yaml': config(3), 'a.ts': handler('a', '"2"') })
    rmSync(join(mount, '..2026_02'), { recursive: true })
    await untilAllBear('a', { version: '2', with: 3 })

    publish('..2026_04', { 'ostler.yaml': config(4), 'a.ts': handler('a', '"4"') })
    rmSync(join(mount, '..2026_03'), { recursive: true })
    await untilAllBear('a', { version: '4', with: 4 })
  })
})
