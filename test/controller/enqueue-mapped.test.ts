import { expect, test } from 'vitest'
import { createEntryParser, type Entry } from '../../runtime/informer/entry.ts'
import { createScriptedController, type ScriptedController } from './scripted-controller.ts'

const gvk = { group: '', version: 'v1', kind: 'ConfigMap' }
const watches = [{ gvk, map: 'toDemos' }]
const parser = createEntryParser({ apiVersion: 'v1', kind: 'ConfigMap' })
const exports = ['reconcile', 'toDemos']

function source(version: number, name = 'c'): Entry {
  return parser.parse({ metadata: { namespace: 'a', name, uid: name, resourceVersion: `${version}` } })
}

/** A controller with the Demos x and y, both of which have run. */
async function setUp(options: { exports?: readonly string[]; timeoutMs?: number } = {}) {
  const scripted = createScriptedController({ watches }, { exports, ...options })
  for (const name of ['x', 'y']) {
    await scripted.put(name)
    if (scripted.inFlight().length > 0) await scripted.call().returns()
  }
  return scripted
}

async function tell({ controller, clock }: ScriptedController, entry: Entry, old?: Entry, isGone = false) {
  controller.secondary({ gvk, map: 'toDemos' }, { entry, old, isGone, isInitial: false })
  await clock.advance(0)
}

/** What the only call in flight was told, as versions. */
function told({ call }: ScriptedController): string {
  return call()
    .args.map((object) => object?.metadata?.resourceVersion ?? 'none')
    .join(' ')
}

test('a mapper is called with the object and what it was before, and what it names is run', async () => {
  const scripted = await setUp()
  await tell(scripted, source(1))
  expect([told(scripted), scripted.call().reason]).toEqual(['1 none', 'created'])
  await scripted.call().returns([{ name: 'x' }, { namespace: 'a', name: 'x', uid: 'more' }, { name: 'unknown' }])
  expect([scripted.call().key, scripted.call().reason]).toEqual(['a/x', 'watched'])
  await scripted.call().returns()
  await tell(scripted, source(2), source(1))
  expect([told(scripted), scripted.call().reason]).toEqual(['2 1', 'changed'])
  await scripted.call().returns([])
  await tell(scripted, source(3), source(2), true)
  expect([told(scripted), scripted.call().reason]).toEqual(['3 2', 'deleted'])
  await scripted.call().returns([{ name: 'y' }])
  expect(scripted.call().key).toBe('a/y')
  expect(scripted.counts['mapped success']).toBe(3)
})

test('a mapper that throws loses no event: it is called again, later and later, and is never parked', async () => {
  const scripted = await setUp()
  await tell(scripted, source(1))
  for (let attempt = 1; attempt < 20; attempt++) {
    expect([told(scripted), scripted.call().attempt]).toEqual(['1 none', attempt])
    await scripted.call().throws({ terminal: attempt % 2 === 0 })
    expect(scripted.inFlight()).toHaveLength(0)
    await scripted.clock.advance(1000)
  }
  expect(scripted.lines[0]).toMatch(
    /^toDemos of "v1\/ConfigMap toDemos a\/c" failed \(attempt 1, again in \d+ms\): Error: boom$/,
  )
  expect(scripted.controller.parked()).toEqual([])
  await scripted.call().returns([{ name: 'x' }])
  await scripted.call().returns()
  // The one timer is the circuit breaker's, which has not forgotten these runs yet.
  expect([scripted.counts['mapped error'], scripted.clock.pending]).toEqual([19, 1])
})

test('changes that come while one waits are mapped after it, each with the one before', async () => {
  const scripted = await setUp()
  scripted.isReady = false
  for (let version = 1; version <= 3; version++) {
    await tell(scripted, source(version), version === 1 ? undefined : source(version - 1))
  }
  scripted.isReady = true
  scripted.controller.dispatch()
  await scripted.clock.advance(0)
  const seen: string[] = []
  for (let call = 0; call < 3; call++) {
    seen.push(told(scripted))
    await scripted.call().returns([])
  }
  expect(seen).toEqual(['1 none', '2 1', '3 2'])
  expect(scripted.inFlight()).toHaveLength(0)
})

test('what a mapper threw for is mapped again, before what came meanwhile', async () => {
  const scripted = await setUp()
  const [one, two, three] = [source(1), source(2), source(3)]
  await tell(scripted, two, one)
  await tell(scripted, three, two)
  await scripted.call().throws()
  expect(told(scripted)).toBe('2 1')
  await scripted.call().returns([])
  expect(told(scripted)).toBe('3 2')
})

test('an object that went and came again while its mapper threw is mapped as all it was', async () => {
  const scripted = await setUp()
  const [one, two, again] = [source(1), source(2), source(9)]
  await tell(scripted, two, one)
  const call = scripted.call()
  await tell(scripted, two, two, true)
  await tell(scripted, again)
  await call.throws()
  const seen: string[] = []
  while (scripted.inFlight().length > 0) {
    seen.push(told(scripted))
    await scripted.call().returns([])
  }
  expect(seen).toEqual(['2 1', '2 2', '9 2'])
})

test('beyond eight versions of one object, what is dropped is made good by running every object', async () => {
  const scripted = await setUp()
  scripted.isReady = false
  const versions = Array.from({ length: 12 }, (_, version) => source(version))
  for (let version = 1; version < 12; version++) await tell(scripted, versions[version] as Entry, versions[version - 1])
  scripted.isReady = true
  scripted.controller.dispatch()
  await scripted.clock.advance(0)
  const seen: string[] = []
  while (scripted.inFlight().length > 0) {
    seen.push(told(scripted))
    await scripted.call().returns([])
  }
  expect(seen).toEqual(['5 0', '6 5', '7 6', '8 7', '9 8', '10 9', '11 10'])
  expect(scripted.lines).toEqual([expect.stringContaining('every object will run instead')])
  await scripted.clock.advance(30_000)
  expect(scripted.inFlight().map(({ key, reason }) => `${key} ${reason}`)).toEqual(['a/x watched', 'a/y watched'])
})

test('of objects that are gone a thousand wait for a mapper that throws, and the rest is made good', async () => {
  const scripted = await setUp()
  scripted.isReady = false
  for (let index = 0; index < 1001; index++) {
    const entry = source(1, `c${index}`)
    scripted.controller.secondary({ gvk, map: 'toDemos' }, { entry, old: entry, isGone: true, isInitial: false })
  }
  expect(scripted.lines).toEqual([expect.stringContaining('every object will run instead')])
})

test.each([
  [undefined, 'must be a list of { namespace, name }, not nothing'],
  [{ name: 'x' }, 'must be a list'],
  [[{ namespace: 'a' }], 'which is no { namespace, name }'],
  [['x'], 'which is no { namespace, name }'],
  [[{ namespace: 7, name: 'x' }], 'which needs a namespace'],
  [Array.from({ length: 50_001 }, () => ({ name: 'x' })), 'names 50001 objects; at most 50000 can be run'],
])('a mapper that answers %j has failed', async (answer, message) => {
  const scripted = await setUp()
  await tell(scripted, source(1))
  await scripted.call().settles({ kind: 'returned', value: answer })
  expect(scripted.lines[0]).toContain(`ResultInvalid: Result of the mapper`)
  expect(scripted.lines[0]).toContain(message)
  expect(scripted.history.filter((line) => line.startsWith('reconcile'))).toHaveLength(2)
})

test('a mapper whose guest dies is a suspect: it runs again alone, uncounted, and is then blamed', async () => {
  const scripted = await setUp()
  await tell(scripted, source(1))
  await scripted.put('x', { spec: {} })
  expect(scripted.inFlight()).toHaveLength(2)
  for (const call of [...scripted.inFlight()]) await call.settles({ kind: 'died', reason: 'out of memory' })
  await scripted.clock.advance(1)
  const alone = scripted.call()
  expect(alone.attempt).toBe(1)
  await alone.settles({ kind: 'died', reason: 'out of memory' })
  await scripted.clock.advance(1)
  const other = scripted.call()
  expect([alone.export, other.export].toSorted()).toEqual(['reconcile', 'toDemos'])
})

test('changes before the start are not mapped: every object waits for its first turn then', async () => {
  const scripted = createScriptedController({ watches }, { exports: [], isStarted: false })
  scripted.controller.loaded(exports)
  await scripted.put('x')
  await tell(scripted, source(1))
  scripted.controller.start()
  await scripted.clock.advance(0)
  expect(scripted.history).toEqual(['reconcile created 1 a/x'])
})

test('a watch that the config drops is not mapped any more, and a reload maps at once what waits', async () => {
  const scripted = await setUp()
  await tell(scripted, source(1))
  await scripted.call().throws()
  await scripted.clock.advance(0)
  scripted.controller.loaded(exports)
  await scripted.clock.advance(0)
  expect(scripted.inFlight().filter(({ export: name }) => name === 'toDemos')).toHaveLength(1)
  for (const call of [...scripted.inFlight()]) {
    if (call.export === 'toDemos') await call.throws()
    else await call.returns()
  }
  scripted.controller.configure({ ...scripted.config, watches: [] })
  await scripted.clock.advance(10_000)
  expect(scripted.inFlight()).toHaveLength(0)
})

test('a mapper that fails after its watch was taken out of the config is not called again', async () => {
  const scripted = await setUp()
  await tell(scripted, source(1))
  scripted.controller.configure({ ...scripted.config, watches: [] })
  await scripted.call().throws()
  await scripted.clock.advance(60_000)
  expect(scripted.inFlight()).toHaveLength(0)
})
