import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RuntimeError } from '../../runtime/errors.ts'
import { createLogger, type LogOptions } from '../../runtime/observe/log.ts'

const NOON_MS = new Date(2026, 0, 2, 12, 3, 4).getTime()

function capture(options: Partial<LogOptions> = {}) {
  let text = ''
  const out = {
    write(line: string) {
      text += line
    },
  }
  const log = createLogger({ format: 'json', out, color: false, clock: { now: () => NOON_MS }, ...options })
  return {
    log,
    text: () => text,
    lines: () => text.split('\n').slice(0, -1),
    records: () =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

const fault = {
  file: 'ostler.yaml',
  line: 3,
  column: 5,
  message: 'timeout is a bare number',
  excerpt: '    timeout: 30',
}

test('A JSON line has level as text, time as RFC 3339, msg and the fields', () => {
  const { log, records } = capture()
  log.info('Synced', { controller: 'mydemo', key: 'default/a', n: 3 })
  expect(records()).toEqual([
    {
      level: 'info',
      time: new Date(NOON_MS).toISOString(),
      msg: 'Synced',
      controller: 'mydemo',
      key: 'default/a',
      n: 3,
    },
  ])
})

test.each([
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
] as const)('createLogger() at level %s writes %j', (level, expected) => {
  const { log, records } = capture({ level })
  for (const each of ['debug', 'info', 'warn', 'error'] as const) log[each]('x')
  expect(records().map((record) => record.level)).toEqual(expected)
})

test('child() adds its fields to every line, and its own children keep them', () => {
  const { log, records } = capture()
  log.child({ controller: 'a' }).child({ key: 'default/x' }).warn('x', { n: 1 })
  expect(records()[0]).toMatchObject({ controller: 'a', key: 'default/x', n: 1 })
})

test('Fields cannot take the place of the line’s own or of a child’s', () => {
  const { log, text, records } = capture()
  log.child({ controller: 'a' }).info('x', { controller: 'b', level: 'error', time: 0, msg: 'y' })
  expect(records()[0]).toMatchObject({
    controller: 'a',
    level: 'info',
    msg: 'x',
    controller_: 'b',
    level_: 'error',
    msg_: 'y',
  })
  expect(text().match(/"controller":/g)).toHaveLength(1)
})

test.each(['x', '\x1b', '"', 'ü', '😀', '漢'])(
  'A line stays below 16 KiB, however many %j are logged, and stays JSON',
  (letter) => {
    const { log, lines, records } = capture()
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`field${index}`, letter.repeat(5_000)]))
    log.info(letter.repeat(100_000), { big: { list: Array(50_000).fill(1) }, ...many })
    expect(lines()).toHaveLength(1)
    expect(Buffer.byteLength(lines()[0] ?? '')).toBeLessThan(16 * 1024)
    expect(records()[0]?.msg).toMatch(/… \(\d+ more\)$/)
    expect(records()[0]?.fieldsLeftOut).toBe(461)
  },
)

test('Fields that are no JSON are told as such and break nothing', () => {
  const { log, records } = capture()
  const circle: Record<string, unknown> = {}
  circle.self = circle
  log.info('x', { circle, big: 12n, nothing: undefined, call: () => 1, symbol: Symbol('s'), nan: Number.NaN })
  expect(records()[0]).toMatchObject({ circle: expect.stringContaining('not JSON'), big: '12', nan: null })
  expect(records()[0]).not.toHaveProperty('nothing')
})

test('An error with a code has faults and no stack, but at level debug', () => {
  const error = new RuntimeError('CONFIG_INVALID', 'Cannot use config', { faults: [fault], cause: new Error('inner') })
  const info = capture()
  info.log.error('x', { error })
  expect(info.records()[0]?.error).toMatchObject({
    name: 'RuntimeError',
    code: 'CONFIG_INVALID',
    message: 'Cannot use config',
    faults: [fault],
  })
  expect(info.records()[0]?.error).not.toHaveProperty('stack')
  const debug = capture({ level: 'debug' })
  debug.log.error('x', { error })
  expect(debug.records()[0]?.error).toHaveProperty('stack', expect.stringContaining('log.test.ts'))
})

test('An error without a code has its stack and its causes', () => {
  const { log, records } = capture()
  log.error('x', { error: new TypeError('outer', { cause: new Error('inner') }) })
  expect(records()[0]?.error).toMatchObject({
    name: 'TypeError',
    message: 'outer',
    stack: expect.stringContaining('log.test.ts'),
    cause: { message: 'inner' },
  })
})

test('Text begins with time, level, controller and key', () => {
  const { log, text } = capture({ format: 'text' })
  log.child({ controller: 'mydemo' }).info('Port changed', { key: 'default/a', from: 80, to: '8080', note: 'a b' })
  expect(text()).toBe('12:03:04 info  mydemo default/a  Port changed  from=80  to=8080  note="a b"\n')
})

test('Text without controller and key goes straight to the message', () => {
  const { log, text } = capture({ format: 'text' })
  log.error('Going down')
  expect(text()).toBe('12:03:04 error  Going down\n')
})

test('Text shows faults with place and source line', () => {
  const { log, lines } = capture({ format: 'text' })
  log.error('Cannot use the new config', {
    error: new RuntimeError('CONFIG_INVALID', 'One fault', { faults: [fault] }),
  })
  expect(lines()).toEqual([
    '12:03:04 error  Cannot use the new config',
    '    RuntimeError CONFIG_INVALID: One fault',
    '    ostler.yaml:3:5: timeout is a bare number',
    '      |     timeout: 30',
  ])
})

test('Text shows the frames of a stack on lines of their own', () => {
  const { log, lines } = capture({ format: 'text' })
  log.error('Failed', { stack: 'Error: boom\n    at reconcile (handlers/a.ts:3:9)\n    at run (handlers/b.ts:1:1)' })
  expect(lines()).toEqual([
    '12:03:04 error  Failed',
    '    at reconcile (handlers/a.ts:3:9)',
    '    at run (handlers/b.ts:1:1)',
  ])
})

test('Text shows an error field that is no error', () => {
  const { log, lines } = capture({ format: 'text' })
  log.error('x', { error: 'just text' })
  log.error('x', { error: { a: 1 } })
  log.error('x', { error: null })
  expect(lines()).toEqual([
    '12:03:04 error  x',
    '    just text',
    '12:03:04 error  x',
    '    {"a":1}',
    '12:03:04 error  x',
    '    null',
  ])
})

test.each([
  [{ message: 'm', faults: [null, 5, {}, { file: {}, line: 1, column: 1, message: 'x' }] }],
  [{ message: 'm', faults: [{ file: 'a', line: 1, column: 1, message: 'x', excerpt: 5 }] }],
  [{ message: 'm', name: { toString: 1 }, code: [{ toString: 1 }], cause: { message: 5, stack: {} } }],
  [{ message: 'm', cause: { message: 'n', cause: [], stack: ['at'] }, stack: { split: 1 } }],
])('A handler may log any error field in text and in JSON: %j', (error) => {
  for (const format of ['text', 'json'] as const) {
    const { log, text } = capture({ format })
    for (const fields of [{ error }, { err: error }, { stack: error }, error]) log.info('x', fields)
    expect(text()).toContain('x')
  }
})

test('Text lets no control character of a handler through to the terminal', () => {
  const { log, text } = capture({ format: 'text' })
  log.info('clear \x1b[2J\nfake line\x9b\u202e', { '\x1b[31m': '\x07', n: 'a\nb' })
  expect(text()).toBe('12:03:04 info  clear \\x1b[2J\\nfake line\\x9b\\x202e  \\x1b[31m=\\x07  n="a\\nb"\n')
})

test('Text has colour where asked', () => {
  const { log, text } = capture({ format: 'text', color: true })
  log.warn('x')
  expect(text()).toContain('\x1b[33mwarn \x1b[0m')
})

test('createLogger() writes to stdout, all of it also when the process exits at once', () => {
  const log = join(import.meta.dirname, '../../runtime/observe/log.ts')
  const script = `import { createLogger } from ${JSON.stringify(log)}
    const log = createLogger({ format: 'json' })
    for (let n = 0; n < 500; n++) log.info('line', { n })
    process.exit(0)`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).n),
  ).toEqual(Array.from({ length: 500 }, (_, n) => n))
})
