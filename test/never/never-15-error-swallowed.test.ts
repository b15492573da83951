import { expect, test } from 'vitest'
import { eventually, startHosted } from './hosted.ts'

const PICKY = `import { TerminalError } from 'ostler'
export async function reconcile(object) {
  if (object.spec?.fault === 'terminal') throw new TerminalError('no use')
  if (object.spec?.fault === 'throw') throw new Error('boom')
}`

test('never-15: a failed call is counted, and logged once with controller, key and stack', async () => {
  const { api, lines, metric } = await startHosted({
    handlers: { picky: PICKY },
    entry: { retry: { baseDelay: '100s', maxDelay: '100s' } },
  })
  api.put('x', { spec: { fault: 'throw' } })
  await eventually(async () =>
    expect(await metric('controller_runtime_reconcile_errors_total{controller="picky"}')).toBe(1),
  )
  const failures = lines.filter(({ level }) => level === 'error')
  expect(failures).toMatchObject([
    { controller: 'picky', key: 'default/x', attempt: 1, msg: expect.stringContaining('boom') },
  ])
  expect(failures[0]?.stack).toContain('picky.ts:4')
  expect(await metric('workqueue_retries_total{name="picky",controller="picky"}')).toBe(1)
})

test('never-15: what is given up is shown at /parked with its message, and counted in /metrics', async () => {
  const { api, get, metric, lines } = await startHosted({ handlers: { picky: PICKY } })
  api.put('x', { spec: { fault: 'terminal' } })
  await eventually(async () => expect(await metric('ostler_parked{controller="picky"}')).toBe(1))
  expect(JSON.parse((await get('/parked')).text)).toMatchObject({
    total: 1,
    parked: [{ controller: 'picky', namespace: 'default', name: 'x', attempts: 1, message: 'TerminalError: no use' }],
  })
  expect(await metric('controller_runtime_terminal_reconcile_errors_total{controller="picky"}')).toBe(1)
  expect(lines.filter(({ msg }) => msg.includes('no use'))).toMatchObject([{ level: 'error', key: 'default/x' }])
})

test('never-15: what fails is on the page: the newest error of each object, what is parked, and why a controller stands still', async () => {
  const { api, get } = await startHosted({ handlers: { picky: PICKY, broken: 'export const reconcile = (' } })
  api.put('x', { spec: { fault: 'throw' } })
  api.put('y', { spec: { fault: 'terminal' } })
  await eventually(async () => {
    const rows = (await get('/')).text.split('<tr>').map((row) => row.replaceAll(/(?:<[^>]*>|\s)+/g, ' '))
    const expectRow = (pattern: RegExp) => expect(rows).toContainEqual(expect.stringMatching(pattern))
    expectRow(/^ broken .* HandlerFailed .*broken\.ts.*: Unexpected end of file/)
    expectRow(/^ picky default\/y .* 1 TerminalError: no use Replay/)
    expectRow(/ error picky default\/x .*: boom \d/)
    expectRow(/ error picky default\/y .*: no use \d/)
    expectRow(/ error broken Cannot load the handler/)
  })
})

test('never-15: a write of the host itself that is refused counts and is logged as a failed attempt', async () => {
  const { api, lines, metric } = await startHosted({
    handlers: { good: 'export const reconcile = async () => ({ status: { n: 1 } })' },
  })
  api.intercept = ({ method }, response) => {
    if (method === 'PATCH') response.writeHead(403).end('{"kind":"Status","code":403,"message":"not you"}')
    return method === 'PATCH'
  }
  api.put('x')
  await eventually(() =>
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        controller: 'good',
        key: 'default/x',
        msg: expect.stringContaining('not you'),
      }),
    ),
  )
  expect(await metric('controller_runtime_reconcile_errors_total{controller="good"}')).toBeGreaterThan(0)
})

test('never-15: a handler that does not load is an error in the log and a state at /readyz?verbose and /metrics', async () => {
  const { lines, get, metric } = await startHosted({ handlers: { broken: 'export const reconcile = (', good: PICKY } })
  await eventually(async () => {
    const { text } = await get('/readyz?verbose')
    expect(text).toMatch(/\[\+\] broken HandlerFailed: .*broken\.ts": Unexpected end of file/)
    expect(text).toContain('[+] good Running')
  })
  const faults = [expect.objectContaining({ file: expect.stringMatching(/broken\.ts$/), line: 1 })]
  expect(lines.filter(({ level }) => level === 'error')).toMatchObject([{ controller: 'broken', error: { faults } }])
  expect(await metric('ostler_controller_state{controller="broken",state="HandlerFailed"}')).toBe(1)
})

test('never-15: a watch that breaks is counted and logged, and so is every kind of guest death', async () => {
  const { api, lines, metric, get } = await startHosted({
    handlers: {
      killer: 'export async function reconcile() { const all = []; for (;;) all.push(new Array(1e6).fill({})) }',
    },
  })
  await eventually(async () => expect((await get('/readyz')).status).toBe(200))
  api.breakWatches()
  const series = 'ostler_informer_watch_restarts_total{kind="demo.io/v1/Demo",namespace="",selector="",identity=""}'
  await eventually(async () => expect(await metric(series)).toBe(1))
  expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', kind: 'demo.io/v1/Demo' }))
  api.put('x')
  await eventually(async () =>
    expect((await get('/metrics')).text).toMatch(/ostler_guest_deaths_total\{controller="killer",.*\} [1-9]/),
  )
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'error',
      controller: 'killer',
      msg: expect.stringContaining('guest process ended'),
    }),
  )
})
