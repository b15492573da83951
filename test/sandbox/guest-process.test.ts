import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { FRAME, type Frame, FrameError } from '../../runtime/guest/frame.ts'
import { createLaunch, type GuestProcess } from '../../runtime/sandbox/guest-process.ts'

/** The process layer alone, without vm2: the code below has all that Node.js gives, as after an escape. */
const PRELUDE = `
const socket = new (require('node:net').Socket)({ fd: 3 })
const frame = (type, text) => {
  const body = Buffer.from(text), head = Buffer.alloc(11)
  head.writeUInt32BE(7 + body.length); head[4] = type
  return Buffer.concat([head, body])
}
const say = (type, text) => socket.write(frame(type, text))
const report = (value) => say(69, JSON.stringify(value))
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostler-test-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
function launch(code: string, onFrames: (frames: readonly Frame[]) => void = () => {}): GuestProcess {
  const entry = join(folder, `${++count}.cjs`)
  writeFileSync(entry, PRELUDE + code)
  const guest = createLaunch({ entry, cwd: folder, onStarted() {}, onEnded() {} })(64 << 20, onFrames)
  onTestFinished(async () => {
    guest.kill({ cause: 'closed', message: 'closed' })
    await guest.ended
  })
  return guest
}

/** Runs an expression, which may be a promise, in a guest; answers its value, or the code of what it throws. */
async function evaluate(expression: string): Promise<unknown> {
  const reported = Promise.withResolvers<string>()
  const guest = launch(
    `;(async () => ${expression})().then((ok) => report({ ok }), (e) => report({ error: e.code ?? e.name ?? String(e) }))`,
    (frames) => reported.resolve(frames[0]?.text ?? ''),
  )
  return JSON.parse(await Promise.race([reported.promise, guest.ended.then((death) => JSON.stringify({ death }))]))
}

describe('a guest process, whatever runs in it,', () => {
  test.each([
    ['may not read a file', "require('node:fs').readFileSync('/etc/passwd', 'utf8')", 'ERR_ACCESS_DENIED'],
    ['may not write a file', "require('node:fs').writeFileSync('/tmp/ostler-escaped', '')", 'ERR_ACCESS_DENIED'],
    ['may not list its own folder', "require('node:fs').readdirSync('.')", 'ERR_ACCESS_DENIED'],
    ['may not start a program', "require('node:child_process').execFileSync('/bin/true')", 'ERR_ACCESS_DENIED'],
    ['may not start a worker', "new (require('node:worker_threads').Worker)('', { eval: true })", 'ERR_ACCESS_DENIED'],
    ['has no SQLite', "require('node:sqlite')", 'ERR_UNKNOWN_BUILTIN_MODULE'],
    ['may not run code from strings', "new Function('return 1')()", 'EvalError'],
    ['may not use bindings', "process.binding('fs')", 'ERR_ACCESS_DENIED'],
    ['may not open the inspector', "require('node:inspector').open(0)", 'ERR_ACCESS_DENIED'],
    ['may not load an add-on', "process.dlopen({ exports: {} }, '/x.node')", 'ERR_DLOPEN_DISABLED'],
  ])('%s', async (_name, expression, code) => {
    expect(await evaluate(expression)).toEqual({ error: code })
  })

  test('sees no environment', async () => {
    expect(await evaluate('Object.keys(process.env)')).toEqual({ ok: [] })
    expect(await evaluate('Object.keys(process.report.getReport().environmentVariables ?? {})')).toEqual({ ok: [] })
  })

  test('may not connect to anything', async () => {
    const server = createServer((socket) => socket.destroy())
    onTestFinished(() => void server.close())
    const port = await new Promise((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    )
    const connect = `new Promise((resolve, reject) =>
      require('node:net').connect(${port}, '127.0.0.1', () => resolve('connected')).on('error', reject))`
    expect(await evaluate(connect)).toEqual({ error: 'ERR_ACCESS_DENIED' })
    expect(await evaluate(`fetch('http://127.0.0.1:${port}').catch((e) => { throw e.cause ?? e })`)).toEqual({
      error: 'ERR_ACCESS_DENIED',
    })
  })

  test('has a heap of half its memory', async () => {
    const heap = (await evaluate("require('node:v8').getHeapStatistics().heap_size_limit")) as { ok: number }
    expect(heap.ok).toBeGreaterThan(31 << 20)
    expect(heap.ok).toBeLessThan(60 << 20)
  })
})

describe('a guest process ends, with its reason, when it', () => {
  test.each([
    ['exits', 'process.exit(3)', { cause: 'exit', message: 'exited with code 3' }],
    ['aborts', 'process.abort()', { cause: 'signal', message: 'killed by SIGABRT' }],
    [
      'fills its heap',
      'const all = []; for (;;) all.push(new Array(1000).fill({}))',
      { cause: 'memory', message: 'out of memory: the heap limit is 32 MiB' },
    ],
    [
      'floods stderr',
      "setInterval(() => process.stderr.write('x'.repeat(1 << 16)), 1)",
      { cause: 'protocol', message: 'wrote over 65536 bytes to stderr' },
    ],
    [
      'closes its socket',
      'socket.destroy(); setInterval(() => {}, 1000)',
      { cause: 'protocol', message: 'closed its socket' },
    ],
    [
      'sends a frame that is too long',
      "socket.write(Buffer.from('7fffffff', 'hex'))",
      { cause: 'protocol', message: expect.stringMatching(/^protocol: Cannot read a frame of 2147483647 bytes/) },
    ],
    [
      'sends a frame of a type that is not its own',
      "say(1, '{}')",
      { cause: 'protocol', message: expect.stringMatching(/^protocol: Cannot read a frame of type 1/) },
    ],
    [
      'sends random bytes',
      "socket.write(require('node:crypto').randomBytes(1 << 20))",
      { cause: 'protocol', message: expect.any(String) },
    ],
  ])('%s', async (_name, code, death) => {
    expect(await launch(code).ended).toEqual(death)
  })
})

test('a FrameError of whoever takes the frames ends the guest', async () => {
  const guest = launch('report({}); setInterval(() => {}, 1000)', () => {
    throw new FrameError('out of place')
  })
  expect(await guest.ended).toEqual({ cause: 'protocol', message: 'protocol: out of place' })
})

test('any other error of whoever takes the frames ends the guest too, and not the host', async () => {
  const guest = launch('report({}); setInterval(() => {}, 1000)', () => {
    throw new TypeError('not foreseen')
  })
  expect(await guest.ended).toEqual({
    cause: 'protocol',
    message: 'protocol: the host could not take a frame: not foreseen',
  })
})

test('GuestProcess.unreadBytes counts what was sent in the same turn', async () => {
  const guest = launch('for (;;);')
  guest.send(FRAME.load, 0, 'x'.repeat(1_000_000))
  expect(guest.unreadBytes).toBeGreaterThanOrEqual(1_000_000)
})

test('GuestProcess.kill() ends a guest that loops, and the first reason stands', async () => {
  const guest = launch('report({}); for (;;);')
  guest.kill({ cause: 'silent', message: 'first' })
  guest.kill({ cause: 'memory', message: 'second' })
  expect(await guest.ended).toEqual({ cause: 'silent', message: 'first' })
})

test('GuestProcess.pause() leaves a flood in the memory of the guest that sends it', async () => {
  let frames = 0
  const guest = launch(
    "const more = () => { while (socket.write(frame(69, 'x'.repeat(1000)))); }; more(); socket.on('drain', more)",
    (read) => {
      frames += read.length
    },
  )
  await vi.waitFor(() => expect(frames).toBeGreaterThan(100), { timeout: 10_000 })
  guest.pause()
  await new Promise((resolve) => setImmediate(resolve))
  const paused = frames
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
  expect(frames - paused).toBeLessThan(200)
  guest.resume()
  await vi.waitFor(() => expect(frames).toBeGreaterThan(paused + 1_000), { timeout: 10_000 })
})

test('GuestProcess.send() carries texts of any length', async () => {
  let echoed = 0
  const guest = launch(
    "let bytes = 0; socket.on('data', (d) => { bytes += d.length; if (bytes > 10 << 20) report({ bytes }) })",
    (frames) => {
      echoed += frames.length
    },
  )
  guest.send(FRAME.load, 0, 'x'.repeat((10 << 20) + 1))
  await vi.waitFor(() => expect(echoed).toBeGreaterThan(0), { timeout: 10_000 })
})

test('a program that cannot be started ends with its error', async () => {
  const launchNowhere = createLaunch({ entry: 'x', cwd: join(folder, 'missing'), onStarted() {}, onEnded() {} })
  const death = await launchNowhere(64 << 20, () => {}).ended
  expect(death).toMatchObject({ cause: 'exit', message: expect.stringMatching(/could not be started: .*ENOENT/) })
})
