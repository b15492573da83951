import { expect, test } from 'vitest'
import { controllerOf, eventually, type Hosted, startHosted } from './hosted.ts'

/** Writes its version into the status of each object. */
const handler = (name: string, version: number) =>
  `export const reconcile = async ({ spec, status }) => ({ status: { ${name}: '${version}:' + spec.n } })\n`

let n = 0

/** Changes the object and waits until each controller has seen that by this version of its handler. */
async function expectWorking({ api }: Hosted, versions: Readonly<Record<string, number>>): Promise<void> {
  api.put('x', { spec: { n: ++n } })
  const seen = Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, `${version}:${n}`]))
  await eventually(() => expect(api.get('x')?.status).toMatchObject(seen))
}

async function start(): Promise<Hosted> {
  const hosted = await startHosted({ handlers: { a: handler('a', 1), b: handler('b', 1) }, watch: true })
  await expectWorking(hosted, { a: 1, b: 1 })
  return hosted
}

test.each([
  ['that is no TypeScript', 'export const reconcile = (\n\n', 'Unexpected end of file', true],
  ['that throws when it is loaded', '\n\nthrow new Error("bad start")\n', 'bad start', true],
  ['that imports what is not there', 'import "./nowhere.ts"\n', 'nowhere', true],
  ['without an export that is called', 'export const other = 1\n', 'reconcile', false],
])('never-11: a handler %s leaves its last good version at work, and all others', async (_, text, words, hasPlace) => {
  const hosted = await start()
  hosted.write('a.ts', text)
  await eventually(async () => expect((await hosted.get('/readyz?verbose')).text).toContain(words))
  expect((await hosted.get('/readyz?verbose')).text).toContain('[+] a Running: the newest version does not load')
  await expectWorking(hosted, { a: 1, b: 1 })
  const told = hosted.lines.filter(({ level }) => level === 'error')
  expect(told.map(({ controller }) => controller)).toEqual(['a'])
  expect(JSON.stringify(told)).toContain('a.ts')
  if (hasPlace) expect(JSON.stringify(told)).toMatch(/"line":\d/)
  hosted.write('a.ts', handler('a', 2))
  await eventually(async () => expect((await hosted.get('/readyz?verbose')).text).not.toContain('does not load'))
  await expectWorking(hosted, { a: 2, b: 1 })
})

test.each([
  ['no YAML', '{ "controllers": [', /ostler\.yaml/],
  ['another kind of file', '[]', /ostler\.yaml/],
  [
    'one bad entry',
    JSON.stringify({ apiVersion: 'ostler.dev/v1', kind: 'Ostler', controllers: [{ name: 'c' }] }),
    /"line":\d/,
  ],
])('never-11: a config that is %s leaves the last good one at work, with its fault told', async (_, text, place) => {
  const hosted = await start()
  hosted.write('ostler.yaml', text)
  await eventually(async () => expect(await hosted.metric('ostler_config_reload_total{result="error"}')).toBe(1))
  await expectWorking(hosted, { a: 1, b: 1 })
  const told = hosted.lines.filter(({ level }) => level === 'error')
  expect(told).toMatchObject([{ msg: 'Cannot use the new config; the one before goes on' }])
  expect(JSON.stringify(told)).toMatch(place)
  hosted.writeConfig([controllerOf('b')])
  await eventually(async () => expect((await hosted.get('/readyz?verbose')).text).not.toContain('[+] a'))
  await expectWorking(hosted, { b: 1 })
})

test('never-11: an entry without a handler at start is that controller’s trouble alone', async () => {
  const hosted = await startHosted({ handlers: { absent: undefined, b: handler('b', 1) } })
  await expectWorking(hosted, { b: 1 })
  expect((await hosted.get('/readyz?verbose')).text).toMatch(/\[\+\] absent HandlerFailed: .*absent\.ts/)
})
