import { describe, expect, test } from 'vitest'
import { createGuestVm, loadedVm } from './guest-vm.ts'

test('a result is JSON, and nothing at all is no result', async () => {
  const guest =
    await loadedVm(`export const run = async (which) => [undefined, null, { requeueAfter: '1s', status: { a: [1, null] }, gone: undefined },
    { toJSON: () => 'by toJSON' }, new Date(0)][which]`)
  const settled = await Promise.all([0, 1, 2, 3, 4].map((which) => guest.call('run', [which])))
  expect(settled).toEqual([
    {},
    { ok: null },
    { ok: { requeueAfter: '1s', status: { a: [1, null] } } },
    { ok: 'by toJSON' },
    { ok: '1970-01-01T00:00:00.000Z' },
  ])
})

describe('a result that is not JSON settles as RESULT_INVALID and says why:', () => {
  const cases: Record<string, [source: string, message: RegExp]> = {
    'a circle': [`const a = {}; a.b = { a }; return a`, /: it refers to itself$/],
    'a BigInt': [`return { status: { count: 1n } }`, /: "count" is a BigInt$/],
    'a function': [`return () => {}`, /: it is a function$/],
    'a function inside': [`return { status: { later() {} } }`, /: "later" is a function$/],
    'a symbol': [`return { status: Symbol('x') }`, /: "status" is a symbol$/],
    'NaN, which would become null': [`return { status: { ratio: 0 / 0 } }`, /: "ratio" is NaN$/],
    'a toJSON that throws': [`return { toJSON() { throw new Error('mine') } }`, /: reading it threw Error: mine$/],
    'a getter that throws null': [
      `return { get status() { throw null } }`,
      /: reading it threw Error: Something other.* null$/,
    ],
    'a getter that claims to be ours': [
      `return { get status() { throw Object.assign(new Error('x'), { code: 'DENIED' }) } }`,
      /: reading it threw Error: x$/,
    ],
    'a depth without end': [
      `let a = {}; for (let i = 0; i < 1e5; i++) a = { a }; return a`,
      /: it is nested too deeply$/,
    ],
    'more than the cap': [`return 'x'.repeat(9000)`, /: it takes more than 8192 bytes$/],
  }
  for (const [name, [source, message]] of Object.entries(cases))
    test(name, async () => {
      const guest = createGuestVm()
      await guest.load(`export const run = () => { ${source} }`, 8192)
      const { error } = await guest.call('run')
      expect(error).toMatchObject({
        name: 'RuntimeError',
        code: 'RESULT_INVALID',
        message: expect.stringMatching(message),
      })
    })
})

describe('anything thrown settles as an error of bounded strings:', () => {
  const cases: Record<string, [source: string, expected: object]> = {
    undefined: ['throw undefined', { name: 'Error', message: 'Something other than an error was thrown: undefined' }],
    null: ['throw null', { message: 'Something other than an error was thrown: null' }],
    'a string': [`throw 'boom'`, { message: 'Something other than an error was thrown: "boom"' }],
    'a symbol': [`throw Symbol('s')`, { message: 'Something other than an error was thrown: Symbol(s)' }],
    'a function': ['throw function f() {}', { message: 'Something other than an error was thrown: [Function f]' }],
    'an object with a message': [`throw { name: 'Mine', message: 'hi' }`, { name: 'Mine', message: 'hi' }],
    'a frozen error': [`throw Object.freeze(new RangeError('cold'))`, { name: 'RangeError', message: 'cold' }],
    'an object whose getters throw': [
      `throw { get message() { throw 1 }, get name() { throw 2 }, get stack() { throw 3 } }`,
      { name: 'Error' },
    ],
    'an error whose getters throw': [
      `throw Object.defineProperties(new Error('x'), { message: { get() { throw 1 } }, stack: { get() { throw 2 } }, cause: { get() { throw 3 } } })`,
      { name: 'Error', message: '' },
    ],
    'an object without prototype': [`throw Object.create(null)`, { name: 'Error' }],
    'an error named by a symbol': [`throw Object.assign(new Error('x'), { name: Symbol('n') })`, { message: 'x' }],
    'an error with an object as message': [
      `throw Object.assign(new Error(''), { message: { toString() { throw 1 } } })`,
      { name: 'Error', message: '' },
    ],
    'a rejected promise': [
      `return Promise.reject(new SyntaxError('later'))`,
      { name: 'SyntaxError', message: 'later' },
    ],
    'a thenable that throws': [`return { then() { throw new Error('then') } }`, { message: 'then' }],
    'an error of an aborted signal': [`AbortSignal.abort().throwIfAborted()`, { name: 'AbortError' }],
    'a stack overflow': [
      `const f = () => f(); f()`,
      { name: 'RangeError', message: 'Maximum call stack size exceeded' },
    ],
  }
  for (const [name, [source, expected]] of Object.entries(cases))
    test(name, async () => {
      const guest = await loadedVm(`export const run = () => { ${source} }; export const after = () => 'alive'`)
      const { error } = await guest.call('run')
      expect(error).toMatchObject({ ...expected, terminal: false, stack: expect.any(String) })
      expect((await guest.call('after')).ok).toBe('alive')
    })
})

test('a huge message and a huge stack are cut at 2 KiB and 4 KiB', async () => {
  const guest = await loadedVm(
    `export const run = () => { const e = new Error('ä'.repeat(1e6)); e.name = 'N'.repeat(1e5); throw e }`,
  )
  const { error } = await guest.call('run')
  expect(Buffer.byteLength(error?.message ?? '')).toBeLessThanOrEqual(2048)
  expect(Buffer.byteLength(error?.stack ?? '')).toBeLessThanOrEqual(4096)
  expect(error?.name.length).toBeLessThanOrEqual(128)
  expect(error?.message).toMatch(/ä… \(cut\)$/)
})

test('TerminalError is known by its name, from whichever copy of the class it comes', async () => {
  const guest = await loadedVm(`import { TerminalError } from '../../runtime/guest/terminal-error.ts'
    export const run = () => { throw new TerminalError('no use') }`)
  expect((await guest.call('run')).error).toMatchObject({ name: 'TerminalError', message: 'no use', terminal: true })
})

test('a stack shows the handler frames with file, line and column, through awaits, and its causes', async () => {
  const guest = await loadedVm(`class Deep { static dive() { throw new Error('deep') } }
    async function middle() { await null; try { Deep.dive() } catch (cause) { throw new Error('middle', { cause }) } }
    export const run = async () => { await middle() }`)
  const stack = (await guest.call('run')).error?.stack.split('\n') ?? []
  const place = String.raw`handler\.js:\d+:\d+`
  expect(stack[0]).toBe('Error: middle')
  expect(stack[1]).toMatch(new RegExp(String.raw`^ {4}at (async )?middle \(${place}\)$`))
  expect(stack[2]).toMatch(new RegExp(String.raw`^ {4}at async (Object\.)?run \(${place}\)$`))
  expect(stack[3]).toBe('Caused by: Error: deep')
  expect(stack[4]).toMatch(new RegExp(String.raw`^ {4}at .*dive \(${place}\)$`))
  expect(stack.join('\n')).not.toMatch(/CallSite|vm2|node:|prelude/)
})

test('code from strings in a call fails with a message that names the cause', async () => {
  const guest = await loadedVm(`export const run = () => { new Function('return 1') }`)
  const { error } = await guest.call('run')
  expect(error?.message).toMatch(/^Code from strings \(eval, new Function\) is not available in the sandbox/)
  expect(error?.stack).toMatch(/^EvalError: Code from strings .*\n {4}at run \(handler\.js:/)
})

const POLLUTION = `
  const iterator = Symbol.iterator
  for (const prototype of [Array.prototype, Map.prototype, Set.prototype, String.prototype, Function.prototype, RegExp.prototype])
    for (const key of Object.getOwnPropertyNames(prototype))
      if (key !== 'constructor' && key !== 'length') try { prototype[key] = () => { throw new Error('polluted ' + key) } } catch {}
  Object.defineProperty(Array.prototype, 0, { set() { throw new Error('polluted index') }, get() { return 'polluted' }, configurable: true })
  for (const key of ['toJSON', 'error', 'ok', 'live', 'get', 'set', 'value', 'export', 'args'])
    Object.defineProperty(Object.prototype, key, { __proto__: null, get() { return undefined }, set() { throw new Error('polluted ' + key) }, configurable: true })
  JSON.parse = JSON.stringify = Object.keys = Object.defineProperty = Reflect.apply = () => { throw new Error('polluted') }
  Error.prepareStackTrace = () => { throw new Error('polluted stack') }
  for (const name of ['Map', 'Set', 'String', 'Number', 'Math', 'JSON', 'Object', 'Reflect', 'TypeError', 'RangeError', 'Symbol'])
    globalThis[name] = undefined
  ;[].constructor.prototype[iterator] = () => { throw new Error('polluted iterator') }`

test('a handler that pollutes prototypes and globals cannot break the other calls', async () => {
  const guest = await loadedVm(`
    export const pollute = () => { ${POLLUTION} }
    export const run = async (o, context) => {
      const pod = await context.get('v1/Pod', { name: 'a' })
      await context.get('v1/Pod', { name: 'b' }).catch((error) => { if (error.code !== 404) throw error })
      context.log.info('still', { here: true }); console.log('still here')
      return await context.retryOnConflict(() => context.update(pod)) }
    export const wait = (o, context) => context.get('v1/Pod', { name: 'never' })
    export const fail = () => { throw new Error('plainly') }`)
  let updates = 0
  guest.onHostCall = ({ args, method }) => {
    const name = (args[1] as { name?: string } | undefined)?.name
    if (name === 'b') throw { name: 'KubeStatusError', message: 'none', code: 404, reason: 'NotFound' }
    if (method === 'update' && updates++ === 0)
      throw { name: 'KubeStatusError', message: 'old', code: 409, reason: 'Conflict' }
    return name === 'never' ? new Promise(() => {}) : { method }
  }
  expect(await guest.call('pollute', [{}])).toEqual({})
  expect(await guest.call('run', [{}])).toEqual({ ok: { method: 'update' } })
  const waiting = guest.start('wait', [{}])
  guest.abort(waiting.id, 'over')
  expect((await waiting.settled).error).toMatchObject({ name: 'AbortError', message: 'over' })
  expect((await guest.call('fail', [{}])).error).toMatchObject({ name: 'Error', message: 'plainly' })
  expect(guest.logs.map(({ message }) => message)).toEqual(['still', 'still here'])
})
