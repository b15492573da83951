import { expect, test } from 'vitest'
import { evaluate, loadedVm } from './guest-vm.ts'

test('console.log() writes an info line with its arguments formatted as consoles do', async () => {
  const guest = await loadedVm(`export const run = () => {
    console.log('%s is %d%%', 'load', 12, { a: [1, 'x'], m: new Map([['k', 1]]) }, null, undefined, 10n)
    console.warn({ get bad() { throw 1 } })
    const circle = { name: 'c' }; circle.self = circle
    console.error(circle)
    console.debug('%o', 'quoted'); console.assert(false, 'why'); console.count(); console.count()
  }`)
  await guest.call('run')
  expect(guest.logs.map(({ level, message }) => [level, message])).toEqual([
    ['info', `load is 12% { a: [1, "x"], m: Map { "k" => 1 } } null undefined 10n`],
    ['warn', '[not readable]'],
    ['error', '{ name: "c", self: [Circular] }'],
    ['debug', '"quoted"'],
    ['error', 'Assertion failed why'],
    ['info', 'default: 1'],
    ['info', 'default: 2'],
  ])
})

test('console lines carry the id of the call when it is the only one, and 0 while two run', async () => {
  const guest = await loadedVm(`console.log('loading'); export const run = async (object, context) => {
    console.log('one'); await context.get('v1/Pod', { name: 'x' }) }`)
  const first = guest.start('run', [{}])
  guest.start('run', [{}])
  guest.reply(1, {})
  await first.settled
  expect(guest.logs.map(({ callId, message }) => [callId, message])).toEqual([
    [0, 'loading'],
    [1, 'one'],
    [0, 'one'],
  ])
})

test('a log line above 8 KiB is cut with a note, by bytes and never inside a character', async () => {
  const guest = await loadedVm(`export const run = (o, context) => {
    console.log('ü'.repeat(9000)); console.log('😀'.repeat(3000)); context.log.info('big', { x: 'y'.repeat(9000) }) }`)
  await guest.call('run', [{}])
  const [umlauts, smileys, fields] = guest.logs
  expect(Buffer.byteLength(umlauts?.message ?? '')).toBeLessThanOrEqual(8192)
  expect(umlauts?.message).toMatch(/^ü{4000,}… \(cut at 8 KiB\)$/)
  expect(smileys?.message).toMatch(/^(😀)+… \(cut at 8 KiB\)$/u)
  expect(fields).toMatchObject({ message: 'big', fields: { cut: expect.stringContaining('8 KiB') } })
})

test('setTimeout() fires once with its arguments, and not after clearTimeout()', async () => {
  const guest = await loadedVm(`export const run = () => new Promise((resolve) => {
    const seen = []
    clearTimeout(setTimeout(() => seen.push('cleared'), 1))
    clearTimeout(undefined); clearTimeout(999)
    setTimeout((...args) => { seen.push(...args); setTimeout(() => resolve(seen), 5) }, 2, 'a', 'b') })`)
  expect((await guest.call('run')).ok).toEqual(['a', 'b'])
  expect(guest.timers.size).toBe(0)
})

test('setInterval() goes on until clearInterval()', async () => {
  const guest = await loadedVm(`export const run = () => new Promise((resolve) => {
    let turns = 0
    const id = setInterval(() => { if (++turns === 3) { clearInterval(id); resolve(turns) } }, 1) })`)
  expect((await guest.call('run')).ok).toBe(3)
  expect(guest.timers.size).toBe(0)
})

test('what a timer or a microtask throws is logged and ends nothing', async () => {
  const guest = await loadedVm(`export const run = () => new Promise((resolve) => {
    queueMicrotask(() => { throw new Error('micro') })
    setTimeout(() => { throw null }, 1)
    setTimeout(() => resolve('still here'), 5) })`)
  expect((await guest.call('run')).ok).toBe('still here')
  expect(guest.logs.map(({ message }) => message.split('\n')[0])).toEqual([
    'Uncaught in a microtask: Error: micro',
    'Uncaught in a timer: null',
  ])
})

test('a guest cannot have more than 10,000 timers waiting', async () => {
  const guest = await loadedVm(`export const run = () => {
    const ids = []
    try { for (;;) ids.push(setTimeout(() => {}, 1e6)) } catch (error) { ids.forEach(clearTimeout); return [ids.length, error.name] } }`)
  expect((await guest.call('run')).ok).toEqual([10_000, 'RangeError'])
  expect(guest.timers.size).toBe(0)
})

test('queueMicrotask() runs before timers and after the code at hand', async () => {
  const order = `new Promise((resolve) => { const seen = []
    setTimeout(() => resolve(seen), 1); queueMicrotask(() => seen.push('micro')); seen.push('sync') })`
  expect(await evaluate(order)).toEqual(['sync', 'micro'])
})

test('URL parses, resolves against a base, and shows each part', async () => {
  expect(
    await evaluate(`(() => { const u = new URL('../x?a=1#h', 'https://me:pw@example.com:8443/p/q')
    return [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash,
      String(u), JSON.stringify({ u }), URL.canParse('nope'), URL.parse('nope'), new URL(u) instanceof URL] })()`),
  ).toEqual([
    'https://me:pw@example.com:8443/x?a=1#h',
    'https://example.com:8443',
    'https:',
    'me',
    'pw',
    'example.com:8443',
    'example.com',
    '8443',
    '/x',
    '?a=1',
    '#h',
    'https://me:pw@example.com:8443/x?a=1#h',
    '{"u":"https://me:pw@example.com:8443/x?a=1#h"}',
    false,
    null,
    true,
  ])
  await expect(evaluate(`new URL('nope')`)).rejects.toMatchObject({ name: 'TypeError', message: 'Invalid URL' })
})

test('URL setters follow the URL Standard, and searchParams and search follow each other', async () => {
  expect(
    await evaluate(`(() => { const u = new URL('http://example.com/a?x=1'), seen = []
    u.pathname = '/b c?d'; u.hash = 'h'; u.port = '99999'; u.protocol = 'https'; u.host = 'other.org:81'; seen.push(u.href)
    u.searchParams.append('y', 'ä &'); seen.push(u.search)
    u.search = '?z=3'; seen.push(u.searchParams.get('z'), u.searchParams.has('y'))
    u.searchParams.delete('z'); u.username = 'me'; seen.push(u.href)
    u.href = 'https://new.org/?q=1'; seen.push(u.searchParams.get('q'))
    try { u.href = 'bad' } catch (error) { seen.push(error.name, u.href) }
    return seen })()`),
  ).toEqual([
    'https://other.org:81/b%20c%3Fd?x=1#h',
    '?x=1&y=%C3%A4+%26',
    '3',
    false,
    'https://me@other.org:81/b%20c%3Fd#h',
    '1',
    'TypeError',
    'https://new.org/?q=1',
  ])
})

test('URLSearchParams reads and writes form encoding as browsers do', async () => {
  const inside = (await evaluate(`(() => {
    const texts = ['?a=1&b=%E4%BD%A0+x&a=2&c', 'bad=%zz%', '%F0%9F%98%80=1', 'a=%ff', '&&=&'].map((t) => String(new URLSearchParams(t)))
    const p = new URLSearchParams([['b', '2'], ['a', "it's *-._~ 😀"], ['b', '1']])
    p.set('b', 'new'); p.append('z', 1); p.sort()
    return [...texts, String(p), p.getAll('b'), [...p], [...p.keys()], p.size, p.has('b', 'old'), p.get('none'),
      String(new URLSearchParams({ x: 1, y: 'two' })), String(new URLSearchParams(p))] })()`)) as unknown[]
  const texts = ['?a=1&b=%E4%BD%A0+x&a=2&c', 'bad=%zz%', '%F0%9F%98%80=1', 'a=%ff', '&&=&'].map((text) =>
    String(new URLSearchParams(text)),
  )
  const params = new URLSearchParams([
    ['b', '2'],
    ['a', "it's *-._~ 😀"],
    ['b', '1'],
  ])
  params.set('b', 'new')
  params.append('z', '1')
  params.sort()
  const rest = [
    params.getAll('b'),
    [...params],
    [...params.keys()],
    params.size,
    false,
    null,
    'x=1&y=two',
    String(params),
  ]
  expect(inside).toEqual([...texts, String(params), ...rest])
})

test('TextEncoder and TextDecoder agree with Node.js on every kind of text', async () => {
  const samples = ['', 'plain', 'äöü', '你好', '😀 mixed é', 'lone \ud800 surrogate \udc00', '\ufeffbom']
  const inside = await evaluate(`${JSON.stringify(samples)}.map((t) => [...new TextEncoder().encode(t)])`)
  expect(inside).toEqual(samples.map((text) => [...new TextEncoder().encode(text)]))
  const back = await evaluate(`${JSON.stringify(inside)}.map((b) => new TextDecoder().decode(new Uint8Array(b)))`)
  expect(back).toEqual(samples.map((text) => new TextDecoder().decode(new TextEncoder().encode(text))))
  expect(await evaluate(`new TextEncoder().encodeInto('a😀b', new Uint8Array(4))`)).toEqual({ read: 1, written: 1 })
})

test('TextDecoder replaces malformed bytes as the Encoding Standard says, and throws with fatal', async () => {
  const samples = [[0xff], [0xe2, 0x82], [0xe2, 0x41], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98, 0x41], [0xc0, 0x80, 0x41]]
  const inside = await evaluate(`${JSON.stringify(samples)}.map((b) => new TextDecoder().decode(new Uint8Array(b)))`)
  expect(inside).toEqual(samples.map((bytes) => new TextDecoder().decode(new Uint8Array(bytes))))
  const fatal = `new TextDecoder('utf8', { fatal: true }).decode(new Uint8Array([0xe2, 0x82]))`
  await expect(evaluate(fatal)).rejects.toMatchObject({ name: 'TypeError' })
  await expect(evaluate(`new TextDecoder('latin1')`)).rejects.toMatchObject({ name: 'RangeError' })
})

test('TextDecoder with stream keeps a character that is split between pieces', async () => {
  expect(
    await evaluate(`(() => { const d = new TextDecoder(), b = new TextEncoder().encode('\\ufeffx😀')
    return [...b].map((byte) => d.decode(new Uint8Array([byte]), { stream: true })).join('') + d.decode() })()`),
  ).toBe('x😀')
})

test('structuredClone() copies maps, sets, dates, typed arrays, errors and cycles', async () => {
  expect(
    await evaluate(`(() => {
    const from = { date: new Date(5), map: new Map([[{ k: 1 }, new Set([1])]]), bytes: new Uint8Array([1, 2, 3]).subarray(1),
      regexp: /x/gi, error: new RangeError('no', { cause: { why: 1 } }), big: 10n, list: [, 1], nothing: undefined, num: Object(3) }
    from.self = from
    const to = structuredClone(from)
    return [to !== from, to.self === to, to.date.getTime(), to.date !== from.date, [...to.map.keys()][0].k, [...to.map.values()][0].has(1),
      [...to.bytes], to.bytes.buffer !== from.bytes.buffer, String(to.regexp), to.error instanceof RangeError, to.error.message,
      to.error.cause.why, to.error.stack === from.error.stack, to.big === 10n, 0 in to.list, to.list[1], 'nothing' in to, to.num + 1] })()`),
  ).toEqual([true, true, 5, true, 1, true, [2, 3], true, '/x/gi', true, 'no', 1, true, true, false, 1, true, 4])
})

test('structuredClone() refuses functions and symbols with DataCloneError, and detaches what it transfers', async () => {
  await expect(evaluate(`structuredClone({ f() {} })`)).rejects.toMatchObject({ name: 'DataCloneError' })
  await expect(evaluate(`structuredClone([Symbol('s')])`)).rejects.toMatchObject({ name: 'DataCloneError' })
  await expect(evaluate(`structuredClone(Promise.resolve())`)).rejects.toMatchObject({ name: 'DataCloneError' })
  expect(
    await evaluate(`(() => { const b = new ArrayBuffer(8); const c = structuredClone({ b }, { transfer: [b] })
    return [b.byteLength, c.b.byteLength] })()`),
  ).toEqual([0, 8])
})

test('AbortController aborts its signal once, with a reason, telling its listeners', async () => {
  expect(
    await evaluate(`(() => { const c = new AbortController(), seen = []
    c.signal.onabort = (event) => seen.push('on' + event.type)
    c.signal.addEventListener('abort', () => seen.push('listener'), { once: true })
    c.signal.addEventListener('abort', { handleEvent: () => seen.push('object') })
    const removed = () => seen.push('removed'); c.signal.addEventListener('abort', removed); c.signal.removeEventListener('abort', removed)
    c.abort(); c.abort('again')
    let thrown; try { c.signal.throwIfAborted() } catch (error) { thrown = error }
    return [c.signal.aborted, thrown.name, thrown.code, thrown instanceof DOMException, thrown instanceof Error, ...seen] })()`),
  ).toEqual([true, 'AbortError', 20, true, true, 'listener', 'object', 'onabort'])
  await expect(evaluate('new AbortSignal()')).rejects.toMatchObject({ name: 'TypeError' })
})

test('AbortSignal.timeout(), any() and abort() make signals that abort with the right reason', async () => {
  expect(
    await evaluate(`(async () => {
    const timeout = AbortSignal.timeout(1)
    await new Promise((resolve) => timeout.addEventListener('abort', resolve))
    const c = new AbortController(), any = AbortSignal.any([new AbortController().signal, c.signal])
    const before = any.aborted; c.abort('mine')
    return [timeout.reason.name, before, any.reason, AbortSignal.any([AbortSignal.abort(7)]).reason, AbortSignal.abort().reason.name] })()`),
  ).toEqual(['TimeoutError', false, 'mine', 7, 'AbortError'])
})

test('EventTarget calls the other listeners when one throws, and logs what it threw', async () => {
  const guest = await loadedVm(`export const run = () => { const t = new EventTarget(), seen = []
    t.addEventListener('x', () => { throw new Error('first') })
    t.addEventListener('x', (event) => { seen.push(event.type, event.target === t, event.detail); event.preventDefault() })
    const uncancelled = t.dispatchEvent(new CustomEvent('x', { cancelable: true, detail: 3 }))
    return [...seen, uncancelled] }`)
  expect((await guest.call('run')).ok).toEqual(['x', true, 3, false])
  expect(guest.logs[0]?.message).toContain('Uncaught in a listener of "x": Error: first')
})

test('crypto.randomUUID() and getRandomValues() give new randomness each time', async () => {
  const [first, second, bytes, words] = (await evaluate(
    `[crypto.randomUUID(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(64))], [...crypto.getRandomValues(new Uint32Array(8))]]`,
  )) as [string, string, number[], number[]]
  expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(second).not.toBe(first)
  expect(new Set(bytes).size).toBeGreaterThan(20)
  expect(words.some((word) => word > 2 ** 16)).toBe(true)
  await expect(evaluate('crypto.getRandomValues(new Uint8Array(70000))')).rejects.toMatchObject({
    name: 'QuotaExceededError',
  })
})

test('performance.now() goes forward in fractions of milliseconds', async () => {
  expect(
    await evaluate(`(() => { const a = performance.now(); for (let i = 0; i < 1e5; i++); const b = performance.now()
    return b > a && Math.abs(performance.timeOrigin + b - Date.now()) < 1000 })()`),
  ).toBe(true)
})

test('atob() and btoa() treat bytes as the web does', async () => {
  expect(await evaluate(`[btoa('h\\xe4llo'), atob('aOQ='), atob(' aO Q'), btoa('')]`)).toEqual([
    'aORsbG8=',
    'h\xe4',
    'h\xe4',
    '',
  ])
  await expect(evaluate(`btoa('😀')`)).rejects.toMatchObject({ name: 'InvalidCharacterError' })
  await expect(evaluate(`atob('a')`)).rejects.toMatchObject({ name: 'InvalidCharacterError' })
})

test('the classes bear their names, and their objects are known by their tags', async () => {
  expect(
    await evaluate(`['AbortController', 'AbortSignal', 'CustomEvent', 'DOMException', 'Event', 'EventTarget', 'TextDecoder',
    'TextEncoder', 'URL', 'URLSearchParams', 'setTimeout', 'structuredClone'].filter((name) => globalThis[name].name !== name)`),
  ).toEqual([])
  const tag = 'Object.prototype.toString.call'
  expect(
    await evaluate(
      `[${tag}(new AbortController().signal), ${tag}(new URL('a:b')), String(new DOMException('m', 'AbortError'))]`,
    ),
  ).toEqual(['[object AbortSignal]', '[object URL]', 'AbortError: m'])
})

test('Buffer, process, require and the way out are not there', async () => {
  expect(
    await evaluate(`[typeof Buffer, typeof process, typeof __ostler, typeof __ostlerLoad, typeof global.constructor]`),
  ).toEqual(['undefined', 'undefined', 'undefined', 'undefined', 'function'])
  expect(await evaluate(`Object.getOwnPropertyNames(globalThis).filter((n) => /ostler/i.test(n))`)).toEqual([])
})
