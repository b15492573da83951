import { describe, expect, test, vi } from 'vitest'
import type { HostProcess } from './host-process.ts'
import { ostler } from './ostler-command.ts'
import { setUpTrials, startTrialServer } from './trial-bench.ts'
import { TRIALS } from './trials.ts'

const WITHIN = { timeout: 30_000, interval: 100 }
const OURS = 'ostler.dev/keeper'
const FOREIGN = 'example.com/foreign'

/** Says each call as `call EXPORT NAME REASON`; `spec.payload` is what an object is to be done with. */
const KEEPER = `
const say = (name, { metadata, spec }, { log, reason }) => log.info('call ' + name + ' ' + metadata.name + ' ' + reason)
export const reconcile = async (object, context) => {
  say('reconcile', object, context)
  return { status: { bornWith: object.metadata.finalizers } }
}
export const deleted = (last, context) => say('deleted', last, context)
`
const FINALIZE = `
export const finalize = async (object, context) => {
  say('finalize', object, context)
  if (object.spec.payload === 'stuck') throw new Error('not yet')
}
`
/** Holds its call until its object is another one, and then returns a status. */
const SLOW = `
export const reconcile = async (object, context) => {
  if (object.spec.size !== 1) return
  context.log.info('call began ' + object.metadata.uid)
  for (let uid = object.metadata.uid; uid === object.metadata.uid; await new Promise((r) => setTimeout(r, 50))) {
    uid = (await context.get('e2e.example.com/v1/Trial', { name: object.metadata.name }, { live: true }))?.metadata.uid ?? uid
  }
  const kind = 'e2e.example.com/v1/Trial'
  const { name } = object.metadata
  const mark = { spec: { payload: 'of the old call' } }
  const writes = [
    () => context.patch(kind, { name }, mark),
    () => context.patch(kind, { name }, [{ op: 'add', path: '/spec/payload', value: 'x' }], { type: 'json' }),
    () => context.apply({ apiVersion: 'e2e.example.com/v1', kind: 'Trial', metadata: { name }, ...mark }),
    () => context.delete(kind, { name }),
  ]
  const codes = []
  for (const write of writes) codes.push(await write().then(() => 'done', ({ code }) => code))
  context.log.info('call ends with ' + codes)
  return { status: { writtenBy: object.metadata.uid } }
}
export const finalize = async (object, context) => {
  context.log.info('call finalize ' + object.metadata.uid)
}
`

describe('The finalizer', () => {
  const bench = setUpTrials(startTrialServer)
  let host: HostProcess

  test('stands before the first reconcile, and goes alone when finalize resolves; deleted comes last', async () => {
    await start()
    await make('x')
    await vi.waitFor(async () => expect((await get('x'))?.status).toEqual({ bornWith: [OURS] }), WITHIN)
    await change('x', { metadata: { finalizers: [FOREIGN, OURS, 'example.com/other'] } })
    await call('DELETE', `${TRIALS}/x`)
    await vi.waitFor(async () => expect(await finalizersOf('x')).toEqual([FOREIGN, 'example.com/other']), WITHIN)
    await change('x', { metadata: { finalizers: null } })
    await host.waitForLog(/call deleted x deleted/)
    expect(calls('x').filter((line) => !line.startsWith('reconcile'))).toEqual([
      'finalize x changed',
      'deleted x deleted',
    ])
  })

  test('of others is never lost while both are added and removed at once, to many objects', async () => {
    await start()
    const names = Array.from({ length: 40 }, (_, index) => `n${index}`)
    const append = (finalizers: string[] | undefined) => [...(finalizers ?? []), FOREIGN]
    await Promise.all(
      names.map(async (name) => {
        await make(name)
        await rewrite(name, append)
        await call('DELETE', `${TRIALS}/${name}`)
      }),
    )
    await vi.waitFor(async () => {
      const left = await Promise.all(names.map(finalizersOf))
      expect(left).toEqual(names.map(() => [FOREIGN]))
    }, WITHIN)
    await Promise.all(
      names.map((name) => rewrite(name, (finalizers) => finalizers?.filter((f) => f !== FOREIGN) ?? [])),
    )
    await vi.waitFor(async () => expect(await list()).toEqual([]), WITHIN)
  })

  test('blocks the deletion while finalize throws, says so, and lets go when that is mended', async () => {
    await start()
    await make('x', { payload: 'stuck' })
    await bearing('x')
    await call('DELETE', `${TRIALS}/x`)
    await host.waitForLog(
      /finalize of .{0,3}default\/x.{0,3} failed \(attempt \d+, again in [^)]+, blocking its deletion\)/,
    )
    expect(await host.metric('ostler_finalizers_blocking', { controller: 'keeper' })).toBe(1)
    expect((await host.get('/readyz?verbose')).text).toContain('blocks 1 deletion')
    await change('x', { spec: { payload: 'free' } })
    await vi.waitFor(async () => expect(await get('x')).toBeUndefined(), WITHIN)
    await vi.waitFor(
      async () => expect(await host.metric('ostler_finalizers_blocking', { controller: 'keeper' })).toBe(0),
      WITHIN,
    )
  })

  test('goes with a label that the selector asks for, by finalize, also when no host saw that', async () => {
    for (const name of ['seen', 'unseen', 'gone']) await make(name, {}, { app: 'web' })
    await start({ labelSelector: 'app=web' })
    for (const name of ['seen', 'unseen', 'gone']) await bearing(name)
    await change('seen', { metadata: { labels: { app: null } } })
    await vi.waitFor(async () => expect(await finalizersOf('seen')).toEqual([]), WITHIN)
    expect(calls('seen').at(-1)).toBe('finalize seen unselected')
    await call('DELETE', `${TRIALS}/gone`)
    await host.waitForLog(/call deleted gone deleted/)

    await host.stop()
    await change('unseen', { metadata: { labels: { app: null } } })
    await start({ labelSelector: 'app=web' })
    await vi.waitFor(async () => expect(await finalizersOf('unseen')).toEqual([]), WITHIN)
    expect(calls('unseen').at(-1)).toBe('finalize unseen unselected')
    expect(host.log()).not.toMatch(/call deleted (seen|unseen)/)

    // Selected again, it bears it again.
    await change('unseen', { metadata: { labels: { app: 'web' } } })
    await bearing('unseen')
  })

  test('is taken off when the entry is removed, and of what is being deleted already', async () => {
    await start()
    const names = Array.from({ length: 30 }, (_, index) => `n${index}`)
    await Promise.all(names.map((name) => make(name, { payload: 'stuck' })))
    for (const name of names) await bearing(name)
    await call('DELETE', `${TRIALS}/n0`)
    await host.waitForLog(/blocking its deletion/)
    bench.project.writeConfig([])
    await host.waitForLog(/took the finalizer .{0,2}ostler.dev\/keeper.{0,2} off 30 objects of e2e/)
    expect(await get('n0')).toBeUndefined()
    for (const object of await list()) expect(object.metadata.finalizers ?? []).toEqual([])
  })

  test('is taken off when the export is dropped by a reload, and said how often', async () => {
    await start()
    for (const name of ['x', 'y']) await make(name, { payload: 'stuck' })
    for (const name of ['x', 'y']) await bearing(name)
    await call('DELETE', `${TRIALS}/x`)
    await host.waitForLog(/blocking its deletion/)
    bench.project.writeHandler('keeper', KEEPER)
    await host.waitForLog(/took the finalizer .{0,2}ostler.dev\/keeper.{0,2} off 2 objects/)
    await vi.waitFor(async () => expect([await get('x'), await finalizersOf('y')]).toEqual([undefined, []]), WITHIN)
  })

  test('of a retired controller goes by `ostler finalizers remove`, and stays by its dry run', async () => {
    for (const name of ['x', 'y']) await make(name)
    for (const name of ['x', 'y']) await change(name, { metadata: { finalizers: [FOREIGN, OURS] } })
    const remove = (...args: string[]) =>
      ostler(['finalizers', 'remove', 'keeper', '--kubeconfig', bench.controlPlane.kubeconfig, ...args], {
        cwd: bench.project.dir,
      })
    const dry = await remove('--dry-run')
    expect(dry).toMatchObject({ code: 0, stderr: '' })
    expect(dry.stdout).toMatch(/e2e.example.com\/v1\/Trial default\/x\n.*default\/y\nIt would be taken off 2 objects;/)
    expect(await finalizersOf('x')).toEqual([FOREIGN, OURS])
    const real = await remove()
    expect(real).toMatchObject({ code: 0, stderr: '' })
    expect(real.stdout).toContain('Taken off 2 objects')
    expect([await finalizersOf('x'), await finalizersOf('y')]).toEqual([[FOREIGN], [FOREIGN]])
    expect(await ostler(['finalizers', 'remove', 'no/name'], { cwd: bench.project.dir })).toMatchObject({ code: 1 })
  })

  test('and the status of an old call never land on an object that was made anew under its name', async () => {
    await start({ allow: [{ for: 'e2e.example.com/v1/Trial', verbs: ['create', 'patch', 'delete'] }] }, SLOW)
    const names = Array.from({ length: 8 }, (_, index) => `n${index}`)
    const reborn = new Map<string, string>()
    await Promise.all(names.map((name) => make(name, { size: 1 })))
    await vi.waitFor(() => expect(host.log().match(/call began/g)).toHaveLength(names.length), WITHIN)
    for (const name of names) {
      // By force: the finalizer goes with the old object, and the call that holds the key goes on.
      await change(name, { metadata: { finalizers: null } })
      await call('DELETE', `${TRIALS}/${name}`)
      await make(name, { size: 2 })
      reborn.set(name, (await get(name))?.metadata.uid as string)
    }
    const ended = () => [...host.log().matchAll(/call ends with ([\w,]+)/g)].map(([, codes]) => codes)
    await vi.waitFor(() => expect(ended()).toHaveLength(names.length), WITHIN)
    expect(new Set(ended())).toEqual(new Set(['422,422,422,409']))
    for (const name of names) await bearing(name)
    for (const { metadata, spec, status } of await list()) {
      expect(spec).toEqual({ size: 2 })
      expect(metadata.uid).toBe(reborn.get(metadata.name))
      expect(status).toBeUndefined()
    }
  })

  async function start(rest: object = {}, handler = KEEPER + FINALIZE): Promise<void> {
    bench.project.writeHandler('keeper', handler)
    const entry = { name: 'keeper', for: 'e2e.example.com/v1/Trial', handler: 'handlers/keeper.ts', concurrency: 20 }
    bench.project.writeConfig([{ ...entry, retry: { maxDelay: '2s' }, ...rest }])
    host = await bench.startHost()
    await host.waitUntilReady()
  }

  /** As `EXPORT NAME REASON`. */
  function calls(name: string): string[] {
    return [...host.log().matchAll(/call (\w+ [\w-]+ \w+)/g)]
      .map(([, line]) => line as string)
      .filter((line) => line.split(' ')[1] === name)
  }

  async function call(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await bench.controlPlane.request(method, path, body)
    if (answer.status >= 300 && answer.status !== 404)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.status === 404 ? undefined : answer.body
  }

  async function make(name: string, spec: object = {}, labels: object = {}): Promise<void> {
    await call('POST', TRIALS, { apiVersion: 'e2e.example.com/v1', kind: 'Trial', metadata: { name, labels }, spec })
  }

  async function change(name: string, body: object): Promise<void> {
    await call('PATCH', `${TRIALS}/${name}`, body)
  }

  /** Reads, changes and writes the list of finalizers, until no other write came between. */
  async function rewrite(name: string, next: (finalizers: string[] | undefined) => string[]): Promise<void> {
    for (;;) {
      const object = await get(name)
      if (object === undefined) return
      const { resourceVersion, finalizers } = object.metadata
      const body = { metadata: { resourceVersion, finalizers: next(finalizers) } }
      const { status } = await bench.controlPlane.request('PATCH', `${TRIALS}/${name}`, body)
      if (status < 300) return
    }
  }

  async function get(name: string): Promise<Stored | undefined> {
    return (await call('GET', `${TRIALS}/${name}`)) as Stored | undefined
  }

  async function list(): Promise<Stored[]> {
    return ((await call('GET', TRIALS)) as { items: Stored[] }).items
  }

  async function finalizersOf(name: string): Promise<readonly string[] | undefined> {
    const object = await get(name)
    return object && (object.metadata.finalizers ?? [])
  }

  async function bearing(name: string): Promise<void> {
    await vi.waitFor(async () => expect(await finalizersOf(name)).toContain(OURS), WITHIN)
  }
})

interface Stored {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly finalizers?: string[]
  }
  readonly spec: unknown
  readonly status?: unknown
}
