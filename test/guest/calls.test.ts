import { expect, test } from 'vitest'
import { createGuestVm, loadedVm } from './guest-vm.ts'

const conflict = { name: 'KubeStatusError', message: 'changed meanwhile', code: 409, reason: 'Conflict' }

test('load() answers with the type of each export', async () => {
  const guest = createGuestVm()
  expect(
    await guest.load(`export const reconcile = () => {}; export function deleted() {}; export const limit = 3`),
  ).toEqual({
    exports: { reconcile: 'function', deleted: 'function', limit: 'number' },
  })
})

test('load() of a handler that throws answers with its error and the line', async () => {
  const guest = createGuestVm()
  const { error } = await guest.load(`const limit = () => {\n  throw new TypeError('no limit')\n}\nlimit()\nexport {}`)
  expect(error).toMatchObject({ name: 'TypeError', message: 'no limit' })
  expect(error?.stack).toMatch(
    /^TypeError: no limit\n {4}at limit \(handler\.js:\d+:\d+\)\n {4}at handler\.js:\d+:\d+$/,
  )
})

test('load() of code that does not parse answers with a SyntaxError and its line', () => {
  const { error } = createGuestVm().loadCode('try { f() } catch (e) {}\nlet x = ;')
  expect(error).toMatchObject({
    name: 'SyntaxError',
    stack: expect.stringMatching(/^SyntaxError: .*\n {4}at handler\.js:2:1$/),
  })
  expect(error?.stack).not.toContain('node_modules')
})

test('load() of a handler that loops for ever ends after two seconds', () => {
  const { error } = createGuestVm().loadCode('for (;;) {}')
  expect(error?.message).toBe('The handler did not finish loading within 2000 ms')
})

test('load() names the cause when a handler needs Proxy or code from strings', async () => {
  const causes: string[] = []
  for (const source of ['new Proxy({}, {})', 'new globalThis.Proxy({}, {})', 'Proxy.revocable({}, {})', `eval('1')`])
    causes.push((await createGuestVm().load(source)).error?.message ?? '')
  for (const source of [`new Function('return 1')`, `(async () => {}).constructor('return 1')`, `(0, eval)('1')`])
    causes.push((await createGuestVm().load(source)).error?.message ?? '')
  expect(causes.slice(0, 3).every((text) => text.startsWith('Proxy is not available in the sandbox ('))).toBe(true)
  const strings = 'Code from strings (eval, new Function) is not available in the sandbox ('
  expect(causes.slice(3).every((text) => text.startsWith(strings))).toBe(true)
})

test('load() names a global of Node.js or browsers that handlers do not have', async () => {
  const { error } = await createGuestVm().load('new WeakRef({})')
  expect(error?.message).toBe('WeakRef is not available in the sandbox (WeakRef is not defined)')
})

test('a handler may test for Proxy and code from strings, and find neither', async () => {
  const guest = await loadedVm(`let code = true
    try { new Function('') } catch { code = false }
    export const run = () => [typeof Proxy, code]`)
  expect((await guest.call('run')).ok).toEqual(['undefined', false])
})

test('a call gets its arguments as given and its context last', async () => {
  const guest = await loadedVm(`export const run = (object, old, context) => [object.a, old,
    context.key, context.attempt, context.reason, context.with, context.signal.aborted, Object.isFrozen(context)]`)
  const key = { controller: 'demo', namespace: 'default', name: 'x', uid: '1' }
  const { ok } = await guest.call('run', [{ a: 1 }, null], {
    key,
    attempt: 2,
    reason: 'retry',
    with: { threshold: 10 },
  })
  expect(ok).toEqual([1, null, key, 2, 'retry', { threshold: 10 }, false, true])
})

test('a call of an export that is no function settles with an error', async () => {
  const guest = await loadedVm(`export const run = 3`)
  expect((await guest.call('run')).error?.message).toBe('The handler exports no function "run"')
  expect((await guest.call('toString')).error?.message).toBe('The handler exports no function "toString"')
})

test('every API method of context is a host call by its name, with JSON arguments', async () => {
  const guest = await loadedVm(`export const run = async (object, context) => {
    const { get, list, create, update, patch, apply, discover, event, raw } = context
    await get('v1/Pod', { name: 'a' }); await list('v1/Pod', { labelSelector: 'x=y' })
    await create({ kind: 'A' }); await update({ kind: 'B' }, { subresource: 'status' })
    await patch('v1/Pod', { name: 'a' }, [{ op: 'remove' }], { type: 'json' }); await apply({ kind: 'C' }, { force: false })
    await context.delete('v1/Pod', { name: 'a' }); await event('Normal', 'Synced', 'text', undefined)
    return [await discover(), await raw('GET', '/version', undefined)] }`)
  guest.onHostCall = ({ method }) => `answer to ${method}`
  const { settled, id } = guest.start('run', [{}])
  expect((await settled).ok).toEqual(['answer to discover', 'answer to raw'])
  expect(guest.hostCalls.map(({ method, args }) => [method, args])).toEqual([
    ['get', ['v1/Pod', { name: 'a' }]],
    ['list', ['v1/Pod', { labelSelector: 'x=y' }]],
    ['create', [{ kind: 'A' }]],
    ['update', [{ kind: 'B' }, { subresource: 'status' }]],
    ['patch', ['v1/Pod', { name: 'a' }, [{ op: 'remove' }], { type: 'json' }]],
    ['apply', [{ kind: 'C' }, { force: false }]],
    ['delete', ['v1/Pod', { name: 'a' }]],
    ['event', ['Normal', 'Synced', 'text']],
    ['discover', []],
    ['raw', ['GET', '/version']],
  ])
  expect(guest.hostCalls.every(({ call }) => call === id)).toBe(true)
})

test('a host call that the host answers with nothing resolves to undefined', async () => {
  const guest = await loadedVm(
    `export const run = async (o, context) => [typeof (await context.get('v1/Pod', { name: 'a' }))]`,
  )
  guest.onHostCall = () => undefined
  expect((await guest.call('run', [{}])).ok).toEqual(['undefined'])
})

test('an error of the host is thrown where the handler called, with code, reason and details', async () => {
  const guest = await loadedVm(`export const run = async (o, context) => {
    try { await context.get('v1/Pod', { name: 'a' }) } catch (e) {
      return [e instanceof Error, e.name, e.message, e.code, e.reason, e.details, e.stack] } }`)
  guest.onHostCall = () => {
    throw { name: 'KubeStatusError', message: 'no rule', code: 403, reason: 'Forbidden', details: { kind: 'pods' } }
  }
  const ok = (await guest.call('run', [{}])).ok as unknown[]
  expect(ok.slice(0, 6)).toEqual([true, 'KubeStatusError', 'no rule', 403, 'Forbidden', { kind: 'pods' }])
  expect(ok[6]).toMatch(/^KubeStatusError: no rule\n {4}at run \(handler\.js:\d+:\d+\)/)
})

test('an error of the host that the handler lets through settles the call with its code and reason', async () => {
  const guest = await loadedVm(`export const run = (o, context) => context.update({})`)
  guest.onHostCall = () => {
    throw conflict
  }
  expect((await guest.call('run', [{}])).error).toMatchObject({ ...conflict, terminal: false })
})

test('retryOnConflict() runs again after 409 Conflict only, and its reads are live', async () => {
  const guest = await loadedVm(`export const run = (o, context) => context.retryOnConflict(async () => {
    const pod = await context.get('v1/Pod', { name: 'a' }, {}); await context.list('v1/Pod')
    return context.update(pod) })`)
  let updates = 0
  guest.onHostCall = ({ method }) => {
    if (method === 'update' && ++updates < 3) throw conflict
    return { method }
  }
  expect((await guest.call('run', [{}])).ok).toEqual({ method: 'update' })
  const reads = guest.hostCalls.filter(({ method }) => method !== 'update').map(({ args }) => args.at(-1))
  expect(reads).toEqual(Array(6).fill({ live: true }))
})

test('retryOnConflict() gives up after its attempts, and at once on any other failure', async () => {
  const guest = await loadedVm(
    `export const run = (o, context) => context.retryOnConflict(() => context.update({}), o)`,
  )
  let failure: object = conflict
  guest.onHostCall = () => {
    throw failure
  }
  expect((await guest.call('run', [{}])).error).toMatchObject(conflict)
  expect(guest.hostCalls.length).toBe(5)
  await guest.call('run', [{ attempts: 2 }])
  expect(guest.hostCalls.length).toBe(7)
  failure = { ...conflict, reason: 'AlreadyExists' }
  await guest.call('run', [{}])
  expect(guest.hostCalls.length).toBe(8)
})

test('reads are cached before a conflict, live after one, and cached again in the next call', async () => {
  const guest = await loadedVm(`export const run = async (o, context) => {
    await context.get('v1/Pod', { name: 'a' })
    if (o.write) await context.update({}).catch(() => {})
    await context.get('v1/Pod', { name: 'b' }, { live: false }) }`)
  guest.onHostCall = ({ method }) => {
    if (method === 'update') throw conflict
  }
  await guest.call('run', [{ write: true }])
  await guest.call('run', [{}])
  expect(guest.hostCalls.filter(({ method }) => method === 'get').map(({ args }) => args[2])).toEqual([
    undefined,
    { live: true },
    undefined,
    { live: false },
  ])
})

test('abort aborts the signal of that call alone, and rejects what it waits for with the same reason', async () => {
  const guest = await loadedVm(`export const run = async (o, context) => {
    let heard; context.signal.addEventListener('abort', () => { heard = true })
    try { await context.get('v1/Pod', { name: 'a' }) } catch (error) {
      const again = await context.get('v1/Pod', { name: 'b' }).catch((e) => e === error)
      return [heard, context.signal.aborted, error === context.signal.reason, error.name, error.message, again] } }`)
  const first = guest.start('run', [{}])
  const second = guest.start('run', [{}])
  guest.abort(first.id, 'timed out after 30 s')
  expect((await first.settled).ok).toEqual([true, true, true, 'AbortError', 'timed out after 30 s', true])
  expect(guest.hostCalls.length).toBe(2)
  guest.reply(guest.hostCalls[1]?.id ?? 0, {})
  expect((await second.settled).ok).toBeUndefined()
})

test('a wait between two attempts of retryOnConflict() ends with the abort of its call', async () => {
  const guest = await loadedVm(
    `export const run = (o, context) => context.retryOnConflict(() => context.update({}), { attempts: 100 })`,
  )
  const { id, settled } = guest.start('run', [{}])
  for (let attempt = 0; guest.timers.size === 0; attempt++) {
    guest.reply(guest.hostCalls[attempt]?.id ?? 0, { error: conflict })
    await Promise.resolve()
  }
  guest.abort(id, 'over')
  expect((await settled).error).toMatchObject({ name: 'AbortError', message: 'over' })
  expect(guest.timers.size).toBe(0)
})

test('a call that has settled can ask nothing more of the host, and late answers are ignored', async () => {
  const guest =
    await loadedVm(`let kept; export const run = (o, context) => { kept = context; void context.event('Normal', 'A', 'b') }
    export const later = () => kept.get('v1/Pod', { name: 'a' })`)
  expect((await guest.call('run', [{}])).error).toBeUndefined()
  guest.reply(guest.hostCalls[0]?.id ?? 0, { ok: 1 })
  guest.abort(1, 'too late')
  expect((await guest.call('later', [])).error?.message).toBe('Cannot get: the call has ended already')
})

test('no more than 256 host calls are under way; the others wait their turn in order', async () => {
  const guest = await loadedVm(`export const run = async (o, context) =>
    (await Promise.all(Array.from({ length: 600 }, (_, i) => context.get('v1/Pod', { name: String(i) })))).length`)
  const { settled } = guest.start('run', [{}])
  expect(guest.hostCalls.length).toBe(256)
  for (let i = 0; i < 600; i++) guest.reply(guest.hostCalls[i]?.id ?? 0, { ok: i })
  expect((await settled).ok).toBe(600)
  expect(guest.hostCalls.map(({ args }) => (args[1] as { name: string }).name)).toEqual(
    Array.from({ length: 600 }, (_, i) => String(i)),
  )
})

test('a host call that is no JSON or larger than a frame is refused inside', async () => {
  const guest = createGuestVm()
  await guest.load(
    `export const run = async (o, context) => {
      const circle = {}; circle.self = circle
      return Promise.all([circle, 10n, 'x'.repeat(5000)].map((body) => context.create(body).catch((e) => e.name))) }`,
    4096,
  )
  expect((await guest.call('run', [{}])).ok).toEqual(['TypeError', 'TypeError', 'RangeError'])
  expect(guest.hostCalls).toEqual([])
})

test('context.log carries its call, level and fields, whatever the fields are', async () => {
  const guest = await loadedVm(`export const run = async (o, { log, get }) => {
    await get('v1/Pod', { name: 'a' })
    const circle = { a: 1 }; circle.self = circle
    log.debug('plain'); log.warn({ not: 'text' }, { big: 10n, error: new Error('inner') }); log.error('circle', circle); log.info('list', [1]) }`)
  const { id, settled } = guest.start('run', [{}])
  guest.start('run', [{}])
  guest.reply(1, {})
  await settled
  expect(guest.logs).toEqual([
    { callId: id, level: 'debug', message: 'plain' },
    {
      callId: id,
      level: 'warn',
      message: '{ not: "text" }',
      fields: { big: '10', error: expect.stringMatching(/^Error: inner\n {4}at /) },
    },
    { callId: id, level: 'error', message: 'circle', fields: { fields: '{ a: 1, self: [Circular] }' } },
    { callId: id, level: 'info', message: 'list', fields: { value: [1] } },
  ])
})
