import { describe, expect, test, vi } from 'vitest'
import type { Settled } from '../../runtime/sandbox/call.ts'
import type { Sandbox } from '../../runtime/sandbox/sandbox.ts'
import { createPool, runHandler } from './real-guest.ts'
import { requestOf } from './scripted-guest.ts'

const NEIGHBOUR = 'exports.reconcile = async (object) => ({ echo: object })'

/** Calls the neighbour for as long as the other call runs; answers both. */
async function beside(neighbour: Sandbox, call: Promise<Settled>): Promise<{ settled: Settled; bad: Settled[] }> {
  let running = true
  const done = call.finally(() => {
    running = false
  })
  const bad: Settled[] = []
  let calls = 0
  while (running || calls === 0) {
    const settled = await neighbour.call(requestOf({ timeoutMs: 15_000 }))
    calls++
    if (settled.kind !== 'returned') bad.push(settled)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { settled: await done, bad }
}

/** Of a guest that does nothing but collect garbage: whichever is found out first. */
const FULL_OR_SILENT = { reason: /^(out of memory|did not answer)/, cause: expect.stringMatching(/^(memory|silent)$/) }

/** What a hostile handler does, and how its call ends. */
const KILLED: Record<string, { code: string; reason: RegExp; cause: string }> = {
  'loops for ever': { code: 'for (;;);', reason: /^did not answer for 2 s$/, cause: 'silent' },
  'loops in microtasks': { code: 'for (;;) await null', reason: /^did not answer/, cause: 'silent' },
  'loops in a getter of its result': {
    code: 'return { get a() { for (;;); } }',
    reason: /^did not answer/,
    cause: 'silent',
  },
  'loops in a thenable': { code: 'return { then() { for (;;); } }', reason: /^did not answer/, cause: 'silent' },
  'loops in a timer': {
    code: 'setTimeout(() => { for (;;); }, 1); await new Promise(() => {})',
    reason: /^did not answer/,
    cause: 'silent',
  },
  'backtracks in a regular expression': {
    code: "/^(a+)+$/.test('a'.repeat(60) + 'b')",
    reason: /^did not answer/,
    cause: 'silent',
  },
  'waits on shared memory': {
    code: 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)',
    reason: /^did not answer/,
    cause: 'silent',
  },
  'fills its heap': {
    code: 'const all = []; for (;;) all.push(new Array(1000).fill({}))',
    ...FULL_OR_SILENT,
  },
  'fills its heap with strings': {
    code: "let all = []; for (let i = 0; ; i++) { all.push(String(i).padEnd(1e6, 'x').split('').join(i)) }",
    ...FULL_OR_SILENT,
  },
  'fills buffers': {
    code: `const all = []; for (;;) { all.push(new Uint8Array(1 << 19).fill(1)); await new Promise((r) => setTimeout(r, 1)) }`,
    reason: /^out of memory: \d+ MiB of 64 MiB$/,
    cause: 'memory',
  },
}

describe('a neighbour goes on, and the call settles as died with its reason, when a handler', () => {
  test.each(Object.entries(KILLED))('%s', { timeout: 60_000 }, async (_name, { code, reason, cause }) => {
    const pool = createPool()
    const neighbour = await runHandler(pool, NEIGHBOUR)
    const hostile = await runHandler(pool, `exports.reconcile = async () => { ${code} }; exports.fine = () => 'fine'`)
    const { settled, bad } = await beside(neighbour.sandbox, hostile.sandbox.call(requestOf({ timeoutMs: 30_000 })))
    expect(settled).toEqual({ kind: 'died', reason: expect.stringMatching(reason) })
    expect(bad).toEqual([])
    expect(neighbour.deaths).toEqual([])
    await hostile.sandbox.whenReady(AbortSignal.timeout(20_000))
    expect(await hostile.sandbox.call(requestOf({ export: 'fine' }))).toEqual({ kind: 'returned', value: 'fine' })
    expect(hostile.deaths).toEqual([cause])
  })
})

/** What ends with the call, and not with the guest. */
const SURVIVED: Record<string, { code: string; settled: unknown }> = {
  'throws undefined': { code: 'throw undefined', settled: { kind: 'threw', terminal: false } },
  'throws a symbol': { code: "throw Symbol('odd')", settled: { kind: 'threw' } },
  'throws an object without a prototype': { code: 'throw Object.create(null)', settled: { kind: 'threw' } },
  'throws an error whose getters throw': {
    code: "throw Object.defineProperty(new Error('e'), 'message', { get() { throw new Error('again') } })",
    settled: { kind: 'threw' },
  },
  'throws a novel': { code: "throw new Error('x'.repeat(1e6))", settled: { kind: 'threw', error: { name: 'Error' } } },
  'overflows its stack': {
    code: 'const deeper = () => deeper() + 1; deeper()',
    settled: { kind: 'threw', error: { name: 'RangeError' } },
  },
  'returns a function': { code: 'return () => {}', settled: { kind: 'threw', error: { code: 'RESULT_INVALID' } } },
  'returns a cycle': {
    code: 'const a = {}; a.a = a; return a',
    settled: { kind: 'threw', error: { code: 'RESULT_INVALID' } },
  },
  'returns NaN': { code: 'return { a: NaN }', settled: { kind: 'threw', error: { code: 'RESULT_INVALID' } } },
  'returns too much': {
    code: "return 'x'.repeat(3 << 20)",
    settled: { kind: 'threw', error: { code: 'RESULT_INVALID' } },
  },
  'asks for too large a buffer': {
    code: 'new Uint8Array(2 ** 33)',
    settled: { kind: 'threw', error: { name: 'RangeError' } },
  },
  'starts ten thousand timers and one': {
    code: 'for (let i = 0; i <= 10_000; i++) setTimeout(() => {}, 1e6)',
    settled: { kind: 'threw', error: { name: 'RangeError' } },
  },
  'pollutes the prototypes': {
    code: `Object.prototype.toJSON = () => 'polluted'; Object.prototype.error = { message: 'polluted' }
      Array.prototype.push = () => { throw new Error('push') }; Map.prototype.get = () => undefined
      Promise.prototype.then = () => { throw new Error('then') }; JSON.stringify = () => 'polluted'
      String.prototype.indexOf = () => 3; return {}`,
    settled: { kind: expect.stringMatching(/returned|threw/) },
  },
  'looks for a way to exit': {
    code: 'return [typeof process, typeof require, typeof module.constructor._load, typeof Deno]',
    settled: { kind: 'returned', value: ['undefined', 'function', 'undefined', 'undefined'] },
  },
  'rejects a promise that nobody awaits': {
    code: "Promise.reject(new Error('floating')); await new Promise((r) => setTimeout(r, 20)); return 1",
    settled: { kind: 'returned', value: 1 },
  },
  'throws in a timer': {
    code: "setTimeout(() => { throw new Error('timer') }, 1); await new Promise((r) => setTimeout(r, 20)); return 1",
    settled: { kind: 'returned', value: 1 },
  },
}

test.each(Object.entries(SURVIVED))('a guest lives on when a handler %s', async (_name, { code, settled }) => {
  const pool = createPool()
  const { sandbox, deaths } = await runHandler(
    pool,
    `exports.reconcile = async () => { ${code} }; exports.fine = async () => 'fine'`,
  )
  const pid = sandbox.pid
  expect(await sandbox.call(requestOf({ timeoutMs: 15_000 }))).toMatchObject(settled as Settled)
  expect(await sandbox.call(requestOf({ export: 'fine', timeoutMs: 15_000 }))).toEqual({
    kind: 'returned',
    value: 'fine',
  })
  expect([deaths, sandbox.pid]).toEqual([[], pid])
})

test('a call that never settles is timedOut, and its guest is replaced once it is overdue', async () => {
  const pool = createPool({ overdueMs: 500 })
  const { sandbox, deaths } = await runHandler(
    pool,
    'exports.reconcile = () => new Promise(() => {}); exports.fine = async () => 1',
  )
  expect(await sandbox.call(requestOf({ timeoutMs: 100 }))).toEqual({ kind: 'timedOut', afterMs: 100 })
  expect(await sandbox.call(requestOf({ export: 'fine' }))).toEqual({ kind: 'returned', value: 1 })
  await vi.waitFor(() => expect(deaths).toEqual(['overdue']), { timeout: 10_000 })
  await sandbox.whenReady(AbortSignal.timeout(20_000))
  expect(await sandbox.call(requestOf({ export: 'fine' }))).toEqual({ kind: 'returned', value: 1 })
})

test('a call that heeds its signal at the timeout keeps its guest', async () => {
  const pool = createPool({ overdueMs: 2_000 })
  const { sandbox, logs } = await runHandler(
    pool,
    `exports.reconcile = (object, context) => new Promise((resolve) => {
      context.signal.addEventListener('abort', () => { context.log.info('aborted'); resolve() })
    }); exports.fine = async () => 1`,
  )
  const pid = sandbox.pid
  expect(await sandbox.call(requestOf({ timeoutMs: 100 }))).toEqual({ kind: 'timedOut', afterMs: 100 })
  await vi.waitFor(() => expect(logs).toMatchObject([{ level: 'info', message: 'aborted' }]), { timeout: 10_000 })
  expect(await sandbox.call(requestOf({ export: 'fine' }))).toEqual({ kind: 'returned', value: 1 })
  expect(sandbox.pid).toBe(pid)
})

test('a flood of log lines is cut with a note, and the call goes on', async () => {
  const pool = createPool({ logBytesPerSecond: 1_000 })
  const { sandbox, logs } = await runHandler(
    pool,
    "exports.reconcile = async (o, context) => { for (let i = 0; i < 5000; i++) context.log.info('line ' + i); return 'done' }",
  )
  expect(await sandbox.call(requestOf({ timeoutMs: 15_000 }))).toEqual({ kind: 'returned', value: 'done' })
  await vi.waitFor(() => expect(logs.at(-1)?.message).toMatch(/^\d+ log lines were dropped/), { timeout: 10_000 })
  expect(logs.length).toBeLessThan(200)
  expect(logs[0]?.message).toBe('line 0')
})

test('a flood of host calls has a bounded number in flight, and each is answered', async () => {
  const pool = createPool()
  const { sandbox } = await runHandler(
    pool,
    `exports.reconcile = async (o, context) => {
      const all = await Promise.all(Array.from({ length: 2000 }, (_, i) => context.get('v1/Pod', { name: String(i) })))
      return all.filter((pod) => pod.ok).length
    }`,
  )
  let inFlight = 0
  let most = 0
  const onHostCall = async () => {
    most = Math.max(most, ++inFlight)
    await new Promise((resolve) => setImmediate(resolve))
    inFlight--
    return '{"ok":true}'
  }
  expect(await sandbox.call(requestOf({ timeoutMs: 15_000, onHostCall }))).toEqual({ kind: 'returned', value: 2000 })
  expect(most).toBeGreaterThan(1)
  expect(most).toBeLessThanOrEqual(256)
})

test('an answer longer than a frame reaches the handler whole', async () => {
  const pool = createPool()
  const { sandbox } = await runHandler(
    pool,
    "exports.reconcile = async (o, context) => (await context.list('v1/Pod')).map(({ name }) => name.length)",
    256 << 20,
  )
  const items = Array.from({ length: 12 }, () => ({ name: '日'.repeat(500_000) }))
  const settled = await sandbox.call(
    requestOf({ timeoutMs: 15_000, onHostCall: () => Promise.resolve(JSON.stringify(items)) }),
  )
  expect(settled).toEqual({ kind: 'returned', value: items.map(() => 500_000) })
})

test('a bundle that loops while it loads is HANDLER_LOAD_FAILED', async () => {
  const pool = createPool()
  await expect(runHandler(pool, 'for (;;);')).rejects.toMatchObject({
    code: 'HANDLER_LOAD_FAILED',
    message: expect.stringMatching(/did not finish loading/),
  })
})

test('a bundle that fills the memory while it loads is HANDLER_LOAD_FAILED', async () => {
  const pool = createPool()
  await expect(runHandler(pool, 'const all = []; for (;;) all.push(new Array(1000).fill({}))')).rejects.toMatchObject({
    code: 'HANDLER_LOAD_FAILED',
    message: expect.stringMatching(/out of memory/),
  })
})
