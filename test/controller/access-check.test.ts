import { expect, onTestFinished, test } from 'vitest'
import { AccessCheck } from '../../runtime/controller/access-check.ts'
import type { Need } from '../../runtime/controller/needed-access.ts'
import { type Access, idOfAccess, type ResourceAccess } from '../../runtime/kube/access.ts'
import type { Asker } from '../../runtime/kube/access-reviews.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { statusError } from '../informer/feed.ts'

const access = (verb: string, plural = 'pods'): ResourceAccess => ({ verb, group: '', plural, namespace: 'a' })
const need = (verb: string, isOptional = false): Need => ({ access: access(verb), isOptional, anyOf: [] })

/** An API server that grants what is in `granted`, and a controller that needs `get` and `list` of pods. */
function setUp({ as, needs = [need('get'), need('list')] }: { as?: string; needs?: Need[] } = {}) {
  const clock = createFakeClock()
  const granted = new Set<string>()
  const asked: string[] = []
  const states: string[] = []
  const server: { answer: (asker: Asker, access: Access) => Promise<boolean>; most: number; underWay: number } = {
    answer: async ({ as: asker }, each) => granted.has(`${asker ?? 'host'} ${each.verb}`),
    most: 0,
    underWay: 0,
  }
  const reviews = {
    async isAllowed(asker: Asker, each: Access) {
      asked.push(`${asker.as ?? 'host'} ${each.verb}`)
      server.most = Math.max(server.most, ++server.underWay)
      try {
        await settle()
        return await server.answer(asker, each)
      } finally {
        server.underWay--
      }
    },
    whoAmI: async () => 'system:serviceaccount:ostler:ostler',
  }
  const check = new AccessCheck({
    user: 'c',
    as,
    clock,
    reviews,
    needs: async () => needs,
    onState: () => states.push(check.state.kind),
  })
  onTestFinished(() => check.stop())
  const grant = (...texts: string[]) => {
    for (const text of texts) granted.add(text)
  }
  const start = async () => {
    check.check()
    await clock.advance(0)
    await settle()
    await settle()
  }
  return { check, clock, asked, states, server, grant, granted, start }
}

const messageOf = ({ state }: AccessCheck) => ('message' in state ? state.message : undefined)

test('AccessCheck holds a controller until it is answered, and asks as the controller’s identity', async () => {
  const { check, asked, grant, start } = setUp({ as: 'jane' })
  grant('jane get', 'jane list')
  expect(check.isHeld).toBe(true)
  await start()
  expect([check.state, check.isHeld]).toEqual([{ kind: 'granted' }, false])
  expect(asked).toEqual(['jane get', 'jane list'])
})

test('AccessCheck names what is missing, asks again for that alone every 30 s, and ends when it is granted', async () => {
  const { check, clock, asked, grant, start, states } = setUp()
  grant('host get')
  await start()
  expect(messageOf(check)).toBe(
    'ServiceAccount "ostler/ostler" needs, bound to it: a Role in namespace "a" with the rule {apiGroups: [""], resources: ["pods"], verbs: ["list"]}',
  )
  asked.length = 0
  await clock.advance(29_999)
  expect(asked).toEqual([])
  await clock.advance(1)
  expect(asked).toEqual(['host list'])
  grant('host list')
  await clock.advance(30_000)
  expect(check.state).toEqual({ kind: 'granted' })
  asked.length = 0
  await clock.advance(3_600_000)
  expect([asked, clock.pending]).toEqual([[], 0])
  expect(states).toEqual(['missing', 'missing', 'granted'])
})

test('AccessCheck says what is optional, and stops nobody for it', async () => {
  const { check, clock, grant, start } = setUp({ needs: [need('get'), need('create', true)] })
  grant('host get')
  await start()
  expect(check.state.kind).toBe('granted')
  expect(messageOf(check)).toMatch(/^events are not recorded: .*verbs: \["create"\]/)
  grant('host create')
  await clock.advance(300_000)
  expect(messageOf(check)).toBeUndefined()
})

test('AccessCheck tells the host’s own lack of the right to impersonate', async () => {
  const { check, clock, server, grant, start } = setUp({ as: 'system:serviceaccount:demo:web' })
  let mayImpersonate = false
  server.answer = async ({ as }) => {
    if (as !== undefined && !mayImpersonate) throw statusError(403)
    return mayImpersonate
  }
  await start()
  expect(check.state.kind).toBe('missing')
  expect(messageOf(check)).toBe(
    'ServiceAccount "ostler/ostler" needs, bound to it: a Role in namespace "demo" with the rule ' +
      '{apiGroups: [""], resources: ["serviceaccounts"], verbs: ["impersonate"], resourceNames: ["web"]}, ' +
      'to act as "system:serviceaccount:demo:web"',
  )
  mayImpersonate = true
  grant()
  await clock.advance(30_000)
  expect(check.state).toEqual({ kind: 'granted' })
})

test.each([
  ['refuses the question', 403],
  ['does not know it', 404],
  ['fails', 500],
])('AccessCheck lets a controller go on where the API server %s, and asks again', async (_, code) => {
  const { check, clock, server, start } = setUp()
  server.answer = async () => {
    throw statusError(code)
  }
  await start()
  expect([check.state.kind, check.isHeld]).toEqual(['unknown', false])
  await clock.advance(3000)
  server.answer = async () => true
  await clock.advance(30_000)
  expect(check.state).toEqual({ kind: 'granted' })
})

test('AccessCheck holds up nobody for longer than 15 s where the API server does not answer', async () => {
  const { check, clock, server, start } = setUp()
  server.answer = ({ signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
  await start()
  await clock.advance(14_999)
  expect(check.isHeld).toBe(true)
  await clock.advance(1)
  expect([check.isHeld, messageOf(check)]).toEqual([false, expect.stringContaining('no answer within 15 s')])
})

test('AccessCheck.suspect() looks once more, at most every 30 s, and finds what was taken away', async () => {
  const { check, clock, asked, grant, granted, start } = setUp()
  grant('host get', 'host list')
  await start()
  asked.length = 0
  for (let i = 0; i < 100; i++) check.suspect()
  await clock.advance(29_999)
  expect([asked, check.isInDoubt]).toEqual([[], true])
  granted.delete('host list')
  await clock.advance(1)
  expect(asked).toEqual(['host get', 'host list'])
  expect([check.state.kind, check.isInDoubt]).toEqual(['missing', false])
})

test('AccessCheck asks a few questions at once, and none after it was stopped', async () => {
  const needs = Array.from({ length: 40 }, (_, i) => need(`verb${i}`))
  const { check, clock, asked, server, start, states } = setUp({ needs })
  await start()
  await clock.advance(100)
  await settle()
  expect(server.most).toBe(4)
  check.stop()
  const before = asked.length
  await clock.advance(120_000)
  check.check()
  check.suspect()
  await settle()
  expect([asked.length, clock.pending]).toEqual([before, 0])
  expect(states.length).toBeLessThanOrEqual(1)
  expect(new Set(needs.map((each) => idOfAccess(each.access))).size).toBe(40)
})
