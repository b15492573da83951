import { expect, test } from 'vitest'
import { createEntryParser, type Entry } from '../../runtime/informer/entry.ts'
import { createScriptedController, type ScriptedCall, type ScriptedController } from './scripted-controller.ts'

/** Changes the object after each of its runs, `times`, without a pause. */
async function loop(scripted: ScriptedController, name: string, times: number): Promise<void> {
  for (let index = 0; index < times; index++) {
    await scripted.put(name)
    await settleAll(scripted)
  }
}

/** Answers every call in flight, and what follows from that. */
async function settleAll({ inFlight }: ScriptedController, value?: object): Promise<void> {
  while (inFlight().length > 0) await inFlight()[0]?.returns(value)
}

async function createSlowed(config = {}, options = {}): Promise<ScriptedController> {
  const scripted = createScriptedController(config, options)
  await loop(scripted, 'x', 102)
  expect([scripted.controller.slowed, scripted.counts.slowedDown]).toEqual([1, 1])
  return scripted
}

const runsOf = ({ history }: ScriptedController, key = 'a/x') =>
  history.filter((line) => line.endsWith(` ${key}`)).length

test('Controller slows down a key that runs over and over for changes, and says so once, with its name', async () => {
  const scripted = await createSlowed()
  await loop(scripted, 'x', 50)
  // The creation is no change.
  expect(runsOf(scripted)).toBe(102)
  expect(scripted.lines).toEqual([
    expect.stringMatching(/^Changes made "a\/x" run 101 times in 0\.0 s: .* slowed down/),
  ])
  expect(scripted.counts.slowedDown).toBe(1)
})

test('Controller gives a slowed key its turn with the newest state', async () => {
  const scripted = await createSlowed()
  for (const size of [1, 2, 3]) await scripted.put('x', { spec: { size } })
  expect(scripted.inFlight()).toEqual([])
  await scripted.clock.advance(1000)
  expect(scripted.call()).toMatchObject({ reason: 'changed', object: { spec: { size: 3 } } })
})

test('Controller slows down no other key of the controller', async () => {
  const scripted = await createSlowed()
  await loop(scripted, 'y', 20)
  expect(runsOf(scripted, 'a/y')).toBe(20)
})

test('Controller says when a slowed key has come to rest, and runs it at once again', async () => {
  const scripted = await createSlowed()
  await scripted.clock.advance(1000)
  expect([scripted.infos.at(-1), scripted.controller.slowed]).toEqual([expect.stringMatching(/"a\/x" .* rest/), 0])
  await scripted.put('x')
  expect(scripted.call().reason).toBe('changed')
})

test('Controller never slows down an object that somebody changes every second, its own answers included', async () => {
  const scripted = createScriptedController()
  for (let second = 0; second < 600; second++) {
    await loop(scripted, 'x', 3)
    await scripted.clock.advance(1000)
  }
  expect([runsOf(scripted), scripted.counts.slowedDown]).toEqual([1800, undefined])
})

test('Controller finalizes a slowed object at once, and everything that changes while it goes', async () => {
  const options = { exports: ['reconcile', 'finalize'] }
  const finalizers = ['ostler.dev/demos']
  const scripted = createScriptedController({}, options)
  await scripted.put('x', { metadata: { finalizers } })
  await settleAll(scripted)
  await loop(scripted, 'x', 102)
  expect(scripted.controller.slowed).toBe(1)
  await scripted.put('x')
  expect(scripted.inFlight()).toEqual([])
  await scripted.put('x', { metadata: { finalizers, deletionTimestamp: '2026-01-01T00:00:00Z' } })
  expect(scripted.call().export).toBe('finalize')
  for (let index = 0; index < 300; index++) {
    await scripted.call().returns({ requeueAfter: '1h' })
    await scripted.put('x')
  }
  expect(scripted.history.filter((line) => line.startsWith('finalize '))).toHaveLength(301)
  expect([scripted.controller.slowed, scripted.counts.slowedDown]).toEqual([0, 1])
})

test('Controller runs `deleted` of a slowed object at once, and one created anew under its name too', async () => {
  const scripted = await createSlowed({}, { exports: ['reconcile', 'deleted'] })
  await scripted.put('x')
  await scripted.remove('x')
  expect(scripted.call().export).toBe('deleted')
  await scripted.call().returns()
  await scripted.put('x')
  expect(scripted.call()).toMatchObject({ export: 'reconcile', reason: 'created' })
  expect(scripted.controller.slowed).toBe(0)
})

test('Controller keeps nothing of a slowed object that is gone', async () => {
  const scripted = await createSlowed()
  await scripted.put('x')
  await scripted.remove('x')
  expect(scripted.controller.slowed).toBe(0)
  await scripted.clock.advance(20_000)
  expect([scripted.clock.pending, scripted.inFlight()]).toEqual([0, []])
})

test('Controller starts anew with another bundle: what was slowed runs at once, and so do its next changes', async () => {
  const scripted = await createSlowed()
  await scripted.put('x')
  scripted.controller.loaded(['reconcile'])
  await scripted.clock.advance(0)
  expect(scripted.call().object.metadata?.resourceVersion).toBe('103')
  await settleAll(scripted)
  await scripted.put('x')
  expect(scripted.inFlight()).toHaveLength(1)
})

test('Controller replays a parked key at once, though it was slowed', async () => {
  const scripted = await createSlowed()
  await scripted.put('x')
  await scripted.clock.advance(1000)
  await scripted.call().throws({ terminal: true })
  expect(scripted.controller.slowed).toBe(1)
  expect(scripted.controller.replay('a/x')).toBe(true)
  await scripted.clock.advance(0)
  expect(scripted.call().reason).toBe('replay')
})

test('Controller runs a slowed key when its own timer is due, and takes that for the held turn', async () => {
  const scripted = createScriptedController()
  await loop(scripted, 'x', 101)
  await scripted.put('x')
  await scripted.call().returns({ requeueAfter: '400ms' })
  expect(scripted.controller.slowed).toBe(1)
  await scripted.put('x')
  await scripted.clock.advance(400)
  await scripted.call().returns()
  await scripted.clock.advance(900)
  expect(scripted.inFlight()).toEqual([])
  expect(runsOf(scripted)).toBe(103)
})

test('Controller slows down a key that fails over and over and changes its object each time: changes pass its backoff', async () => {
  const scripted = createScriptedController()
  for (let index = 0; index < 150; index++) {
    await scripted.put('x')
    if (scripted.inFlight().length > 0) await scripted.call().throws()
  }
  expect([runsOf(scripted), scripted.controller.slowed]).toEqual([102, 1])
})

test('Controller drains without the turns that it holds', async () => {
  const scripted = await createSlowed()
  await scripted.put('x')
  await scripted.controller.drain()
  expect(scripted.clock.pending).toBe(0)
})

const gvk = { group: '', version: 'v1', kind: 'ConfigMap' }
const watches = [{ gvk, map: 'toDemos' }]
const parser = createEntryParser({ apiVersion: 'v1', kind: 'ConfigMap' })
const source = (version: number): Entry =>
  parser.parse({ metadata: { namespace: 'a', name: 'c', uid: 'c', resourceVersion: `${version}` } })

/** Tells of versions of one ConfigMap, from one to another. */
async function tell(scripted: ScriptedController, from: number, to: number, { isGone = false } = {}): Promise<void> {
  for (let version = from; version <= to; version++) {
    const old = version === 1 ? undefined : source(version - 1)
    scripted.controller.secondary({ gvk, map: 'toDemos' }, { entry: source(version), old, isGone, isInitial: false })
    await scripted.clock.advance(0)
  }
}

/** As tell(), with an answer after each. */
async function storm(scripted: ScriptedController, from: number, to: number): Promise<void> {
  for (let version = from; version <= to; version++) {
    await tell(scripted, version, version)
    await settleAll(scripted, [])
  }
}

const versionsOf = ({ args }: ScriptedCall) => args.map((object) => object?.metadata?.resourceVersion)

async function createSlowedMapper(): Promise<ScriptedController> {
  const scripted = createScriptedController({ watches }, { exports: ['reconcile', 'toDemos'] })
  await storm(scripted, 1, 101)
  expect([scripted.controller.slowed, scripted.lines]).toEqual([
    1,
    [expect.stringMatching(/^Changes made "v1\/ConfigMap toDemos a\/c" run 101 times/)],
  ])
  return scripted
}

test('Controller slows down a mapper of an object that changes over and over, and tells it of every version', async () => {
  const scripted = await createSlowedMapper()
  await tell(scripted, 102, 104)
  expect(scripted.inFlight()).toEqual([])
  await scripted.clock.advance(1000)
  const told = []
  for (let version = 102; version <= 104; version++) {
    told.push(versionsOf(scripted.call()))
    await scripted.call().returns([])
  }
  expect(told).toEqual([102, 103, 104].map((version) => [`${version}`, `${version - 1}`]))
  expect(scripted.inFlight()).toEqual([])
})

test('Controller holds no mapper for longer than its versions can be kept: none is lost', async () => {
  const scripted = await createSlowedMapper()
  await tell(scripted, 102, 107)
  expect(scripted.inFlight()).toEqual([])
  await tell(scripted, 108, 108)
  expect(versionsOf(scripted.call())).toEqual(['102', '101'])
  await settleAll(scripted, [])
  expect(scripted.counts['mapped success']).toBe(102)
  // Nothing says that every object will run instead.
  expect(scripted.lines).toHaveLength(1)
})

test('Controller runs a slowed mapper at once for an object that goes', async () => {
  const scripted = await createSlowedMapper()
  await tell(scripted, 102, 102, { isGone: true })
  expect(scripted.call()).toMatchObject({ export: 'toDemos', reason: 'deleted' })
})

test('Controller slows down a loop that goes through a mapper: the handler changes what it watches', async () => {
  const scripted = createScriptedController({ watches }, { exports: ['reconcile', 'toDemos'] })
  await scripted.put('x')
  await scripted.call().returns()
  const began: number[] = []
  let version = 0
  await tell(scripted, ++version, version)
  for (let step = 0; step < 20_000; step++) {
    const [call] = scripted.inFlight()
    if (call?.export === 'toDemos') await call.returns([{ name: 'x' }])
    else if (call !== undefined) {
      began.push(scripted.clock.now())
      await call.returns()
      await tell(scripted, ++version, version)
    } else if (scripted.controller.slowed > 0) await scripted.clock.advance(100)
    if (began.length > 110 && (began.at(-1) as number) - (began.at(-2) as number) >= 29_000) break
  }
  expect((began.at(-1) as number) - (began.at(-2) as number)).toBeGreaterThanOrEqual(29_000)
  expect(began.length).toBeLessThan(130)
})
