import { expect, test, vi } from 'vitest'
import type { GuestLog } from '../../runtime/sandbox/call.ts'
import { GuestGroup } from '../../runtime/sandbox/guest-group.ts'
import type { GuestPool } from '../../runtime/sandbox/guest-pool.ts'
import { Sandbox } from '../../runtime/sandbox/sandbox.ts'
import { realClock } from '../../runtime/util/clock.ts'
import { createPool } from './real-guest.ts'
import { bundleOf, requestOf } from './scripted-guest.ts'

const WITHIN = { timeout: 20_000, interval: 20 }

/** Members of one group, in real processes. */
function createGroup(pool: GuestPool) {
  const group = new GuestGroup({ pool, clock: realClock })
  return (name: string) => {
    const logs: GuestLog[] = []
    const deaths: string[] = []
    const metrics = { started() {}, died: (cause: string) => deaths.push(cause), called() {} }
    const onLog = (line: GuestLog) => logs.push(line)
    const sandbox = new Sandbox({ name, memoryBytes: 64 << 20, pool, clock: realClock, group, onLog, metrics })
    return { sandbox, logs, deaths }
  }
}

const handler = (name: string, rest = '') => `
let calls = 0
exports.reconcile = async (object, context) => {
  context.log.info('call of ${name}')
  console.log('outside ${name}')
  await new Promise((resolve) => setTimeout(resolve, 5))
  return { name: '${name}', calls: ++calls, got: await context.get('v1/Pod', { name: '${name}' }) }
}
exports.rejectLater = () => { void (async () => { await 0; throw new Error('nobody awaits ${name}') })() }
exports.loop = () => { for (;;); }
globalThis.mark = (globalThis.mark ?? '') + '${name}'
exports.mark = () => globalThis.mark
${rest}`

test('a group runs each member in a VM of its own, and answers, logs and timers reach the one they belong to', async () => {
  const join = createGroup(createPool())
  const [a, b] = [join('a'), join('b')]
  await Promise.all([a.sandbox.swap(bundleOf(handler('a'))), b.sandbox.swap(bundleOf(handler('b')))])
  expect(a.sandbox.pid).toBe(b.sandbox.pid)
  const onHostCall = (to: string) => async (_method: string, args: readonly unknown[]) => JSON.stringify({ to, args })
  const requests = [a, b, a, b].map(({ sandbox }, index) =>
    sandbox.call(requestOf({ timeoutMs: 10_000, onHostCall: onHostCall(index % 2 === 0 ? 'a' : 'b') })),
  )
  const settled = await Promise.all(requests)
  const answer = (name: string, calls: number) => ({
    kind: 'returned',
    value: { name, calls, got: { to: name, args: ['v1/Pod', { name }] } },
  })
  expect(settled).toEqual([answer('a', 1), answer('b', 1), answer('a', 2), answer('b', 2)])
  expect(await b.sandbox.call(requestOf({ export: 'mark' }))).toEqual({ kind: 'returned', value: 'b' })

  await Promise.all([a, b].map(({ sandbox }) => sandbox.call(requestOf({ export: 'rejectLater' }))))
  await vi.waitFor(() => expect(b.logs.some(({ message }) => /nobody awaits/.test(message))).toBe(true), WITHIN)
  await vi.waitFor(() => expect(a.logs.some(({ message }) => /nobody awaits/.test(message))).toBe(true), WITHIN)
  for (const [{ logs }, other] of [[a, 'b'] as const, [b, 'a'] as const]) {
    expect(logs.filter(({ message }) => new RegExp(`(of|outside|awaits) ${other}`).test(message))).toEqual([])
    expect(logs.filter(({ message }) => /^call of/.test(message))).toHaveLength(2)
    expect(logs.filter(({ message }) => /^outside/.test(message))).toHaveLength(2)
  }
})

test('a member that loops ends the calls of all, and the process comes back with all of them', async () => {
  const join = createGroup(createPool())
  const [a, b] = [join('a'), join('b')]
  await Promise.all([a.sandbox.swap(bundleOf(handler('a'))), b.sandbox.swap(bundleOf(handler('b')))])
  const { pid } = b.sandbox
  const waiting = b.sandbox.call(requestOf({ timeoutMs: 20_000, onHostCall: () => new Promise(() => {}) }))
  const looping = a.sandbox.call(requestOf({ export: 'loop', timeoutMs: 20_000 }))
  expect(await Promise.all([waiting, looping])).toMatchObject([{ kind: 'died' }, { kind: 'died' }])
  await Promise.all([a, b].map(({ sandbox }) => sandbox.whenReady(AbortSignal.timeout(20_000))))
  expect(a.sandbox.pid).toBe(b.sandbox.pid)
  expect(a.sandbox.pid).not.toBe(pid)
  expect([a.deaths, b.deaths]).toEqual([['silent'], ['silent']])
})

test.each([
  ['loops in a microtask', 'void (async () => { await 0; for (;;); })()'],
  ['loops at once', 'for (;;);'],
  ['throws', 'throw new Error("no")'],
])('a member whose bundle %s keeps no other one down', async (_what, code) => {
  const join = createGroup(createPool())
  const [a, b, c] = [join('a'), join('b'), join('c')]
  const outcomes = await Promise.allSettled([
    a.sandbox.swap(bundleOf(handler('a'))),
    b.sandbox.swap(bundleOf(handler('b', code))),
    c.sandbox.swap(bundleOf(handler('c'))),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect([a, b, c].map(({ sandbox }) => sandbox.ready)).toEqual([true, false, true])
  expect(await c.sandbox.call(requestOf({ export: 'mark' }))).toEqual({ kind: 'returned', value: 'c' })
})

test.runIf(process.platform === 'linux')('a further member takes a small part of a process’s memory', async () => {
  const join = createGroup(createPool())
  const members = Array.from({ length: 9 }, (_, index) => join(`member-${index}`))
  const [first, ...others] = members as [ReturnType<typeof join>, ...ReturnType<typeof join>[]]
  await first.sandbox.swap(bundleOf(handler('first')))
  const alone = first.sandbox.usedBytes as number
  await Promise.all(others.map(({ sandbox }, index) => sandbox.swap(bundleOf(handler(`other${index}`)))))
  await Promise.all(others.map(({ sandbox }) => sandbox.call(requestOf({ export: 'mark', timeoutMs: 10_000 }))))
  const together = first.sandbox.usedBytes as number
  const eachKiB = Math.round((together - alone) / others.length / 1024)
  // A quarter of a process, where a process of its own would be all of it.
  expect(eachKiB).toBeLessThan(alone / 1024 / 4)
})
