import { afterEach, describe, expect, test, vi } from 'vitest'
import { isList } from '../control-plane/proxied-request.ts'
import type { HostProcess } from './host-process.ts'
import { crdFixture } from './project.ts'
import { startProxiedControlPlane } from './proxied-control-plane.ts'
import { setUpTrials } from './trial-bench.ts'

const WITHIN = { timeout: 30_000, interval: 100 }
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'
const SECRETS = '/api/v1/namespaces/default/secrets'
const EVENTS = '/apis/events.k8s.io/v1/namespaces/default/events'

/** Keeps one ConfigMap for each Trial, and says how many Secrets there are for it; `mapper` is what follows those. */
const handler = (mapper: string) => `${mapper}
const instance = crypto.randomUUID()
export const reconcile = async (trial, context) => {
  const { name, namespace, uid, generation } = trial.metadata
  const owner = { apiVersion: trial.apiVersion, kind: trial.kind, name, uid, controller: true }
  const metadata = { name, namespace, ownerReferences: [owner] }
  if (await context.get('v1/ConfigMap', { name }) === undefined)
    await context.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata })
  const secrets = (await context.list('v1/Secret', { labelSelector: 'trial=' + name })).length
  context.condition('Ready', secrets > 0 ? 'True' : 'False', 'Counted', secrets + ' secrets')
  await context.event('Normal', 'Counted', 'Seen')
  return { status: { observedGeneration: generation, secrets, instance } }
}
`
/** Fails at its first attempts. */
const MAPPER = `export const secretToTrials = ({ metadata }, old, { attempt, log }) => {
  if (attempt < 3) throw new Error('not yet')
  const names = [metadata, old?.metadata].map((m) => m?.labels?.trial).filter((name) => name !== undefined)
  return names.map((name) => ({ name }))
}`

interface Status {
  readonly secrets: number
  readonly instance: string
  readonly conditions: readonly object[]
}

describe('owns and watches', () => {
  // Before the bench, so that it is done after the host and the Trials are gone: without a controller manager nothing collects what is owned.
  afterEach(async () => {
    for (const path of [CONFIG_MAPS, SECRETS, EVENTS]) await bench.controlPlane.request('DELETE', path)
  })
  const bench = setUpTrials(startProxiedControlPlane)

  const start = (): Promise<HostProcess> => bench.startHost()
  const entry = (rest: object = {}) => ({
    name: 'counter',
    for: 'e2e.example.com/v1/Trial',
    handler: 'handlers/counter.ts',
    namespaces: ['default'],
    owns: ['v1/ConfigMap'],
    watches: [{ for: 'v1/Secret', map: 'secretToTrials' }],
    allow: [{ for: 'v1/ConfigMap', verbs: ['create'] }],
    ...rest,
  })
  const putSecret = (name: string, trial: string) =>
    bench.controlPlane.request('POST', SECRETS, { metadata: { name, labels: { trial } } })
  const statuses = async () => (await bench.trials.list()).map(({ status }) => status as Status | undefined)
  const untilSecrets = (...expected: number[]) =>
    vi.waitFor(async () => expect((await statuses()).map((status) => status?.secrets)).toEqual(expected), WITHIN)

  test('a change in an owned object runs its owner, and one in a watched object whom its mapper names, at last', async () => {
    bench.project.writeHandler('counter', handler(MAPPER))
    bench.project.writeConfig([entry()])
    await bench.trials.create(2)
    const host = await start()
    await untilSecrets(0, 0)
    const first = (await bench.controlPlane.request('GET', `${CONFIG_MAPS}/trial-0001`)).body as {
      metadata: { uid: string }
    }
    await bench.controlPlane.request('DELETE', `${CONFIG_MAPS}/trial-0001`)
    await vi.waitFor(async () => {
      const again = await bench.controlPlane.request('GET', `${CONFIG_MAPS}/trial-0001`)
      expect(again.status).toBe(200)
      expect((again.body as typeof first).metadata.uid).not.toBe(first.metadata.uid)
    }, WITHIN)

    await putSecret('one', 'trial-0000')
    await putSecret('two', 'trial-0000')
    await untilSecrets(2, 0)
    // A Secret that is for another one now concerns both.
    await bench.controlPlane.request('PATCH', `${SECRETS}/two`, { metadata: { labels: { trial: 'trial-0001' } } })
    await untilSecrets(1, 1)
    await bench.controlPlane.request('DELETE', `${SECRETS}/one`)
    await untilSecrets(0, 1)
    expect(await host.metric('ostler_mapper_runs_total', { controller: 'counter', result: 'error' })).toBeGreaterThan(0)

    const [zero, one] = (await statuses()) as [Status, Status]
    const generation = { observedGeneration: 1, lastTransitionTime: expect.any(String), reason: 'Counted' }
    expect(zero.conditions).toEqual([{ type: 'Ready', status: 'False', message: '0 secrets', ...generation }])
    expect(one.conditions).toEqual([{ type: 'Ready', status: 'True', message: '1 secrets', ...generation }])
  })

  test('reads of owned and watched kinds need no right and come from the cache', async () => {
    bench.project.writeHandler('counter', handler(MAPPER))
    bench.project.writeConfig([entry()])
    await putSecret('one', 'trial-0002')
    await bench.trials.create(5)
    const before = bench.server.proxy.count((request) => isList(request) && request.resource === 'secrets')
    await start()
    await untilSecrets(0, 0, 1, 0, 0)
    const lists = bench.server.proxy.count((request) => isList(request) && request.resource === 'secrets')
    expect(lists - before).toBe(1)
  })

  test('the same event again is counted in the series of the first', async () => {
    bench.project.writeHandler('counter', handler(MAPPER))
    bench.project.writeConfig([entry()])
    await bench.trials.create(1)
    const host = await start()
    await untilSecrets(0)
    for (let size = 1; size <= 5; size++) {
      await bench.trials.change(0, size)
      await bench.trials.converged()
    }
    const { items } = (await bench.controlPlane.request('GET', EVENTS)).body as {
      items: { series?: { count: number } }[]
    }
    expect(items).toHaveLength(1)
    expect(items[0]?.series?.count).toBeGreaterThanOrEqual(2)
    expect(host.log()).not.toContain('Cannot record event')
  })

  test('a controller runs nothing before it can see what it owns, also where its own kind is in the cache already', async () => {
    bench.project.writeHandler('counter', handler(MAPPER))
    bench.project.writeConfig([entry()])
    await bench.trials.create(1)
    const host = await start()
    await untilSecrets(0)
    bench.project.writeHandler('other', `export const reconcile = () => ({ status: { other: true } })`)
    const other = {
      name: 'other',
      for: 'e2e.example.com/v1/Trial',
      namespaces: ['default'],
      handler: 'handlers/other.ts',
    }
    bench.project.writeConfig([entry(), { ...other, owns: ['e2e.example.com/v1/Neighbour'] }])
    await host.waitForLog(/"controller":"other".*Handler loaded/)
    await vi.waitFor(async () => expect((await host.get('/readyz?verbose')).text).toContain('WaitingForCRD'), WITHIN)
    await host.waitUntilReady()
    expect(await host.metric('controller_runtime_reconcile_total', { controller: 'other' })).toBe(0)
    await bench.controlPlane.kubectl(['apply', '-f', crdFixture('neighbour')])
    await vi.waitFor(async () => expect((await statuses())[0]).toMatchObject({ other: true }), WITHIN)
  })

  test('a watch that a config reload adds runs what its objects name, in the guest that is there', async () => {
    bench.project.writeHandler('counter', handler(MAPPER))
    // The right that the watch implies.
    const allow = [...entry().allow, { for: 'v1/Secret', verbs: ['list'] }]
    bench.project.writeConfig([entry({ watches: [], allow })])
    await bench.trials.create(1)
    const host = await start()
    await untilSecrets(0)
    const listsBefore = bench.server.proxy.count((request) => isList(request) && request.resource === 'trials')
    const [{ instance }] = (await statuses()) as [Status]
    await putSecret('one', 'trial-0000')
    bench.project.writeConfig([entry({ allow })])
    await untilSecrets(1)
    const [after] = (await statuses()) as [Status]
    expect(after.instance).toBe(instance)
    expect(bench.server.proxy.count((request) => isList(request) && request.resource === 'trials')).toBe(listsBefore)

    // An export that is missing is the handler's fault: what ran before goes on, until the handler has it.
    bench.project.writeConfig([entry({ allow, watches: [{ for: 'v1/Secret', map: 'other' }] })])
    await host.waitForLog(/exports no function \\"other\\"/)
    await putSecret('two', 'trial-0000')
    await untilSecrets(2)
    bench.project.writeHandler('counter', handler(MAPPER.replace('secretToTrials', 'other')))
    await vi.waitFor(async () => expect((await statuses())[0]?.instance).not.toBe(instance), WITHIN)
    await putSecret('three', 'trial-0000')
    await untilSecrets(3)
  })
})
