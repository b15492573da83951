import { expect, test } from 'vitest'
import { loadedVm } from './guest-vm.ts'

test('zod validates, transforms, names each fault, and writes a JSON Schema', async () => {
  const guest = await loadedVm(`import { z } from 'zod'
    const Spec = z.strictObject({ ip: z.ipv4(), port: z.number().int().min(1).max(65535), at: z.string().transform((s) => s.length).optional() })
    export const run = () => {
      const bad = Spec.safeParse({ ip: 'nope', port: 0, extra: true })
      return [Spec.parse({ ip: '10.0.0.1', port: 80, at: 'abc' }), bad.success, bad.error.issues.map((i) => [i.code, i.path.join('.')]),
        z.toJSONSchema(z.object({ ip: z.string() })).properties,
        z.discriminatedUnion('k', [z.object({ k: z.literal('a') }), z.object({ k: z.literal('b'), n: z.coerce.number() })]).parse({ k: 'b', n: '3' }),
        z.record(z.string(), z.array(z.string())).parse({ a: ['b'] })] }
    export const throws = () => Spec.parse({})`)
  expect((await guest.call('run')).ok).toEqual([
    { ip: '10.0.0.1', port: 80, at: 3 },
    false,
    [
      ['invalid_format', 'ip'],
      ['too_small', 'port'],
      ['unrecognized_keys', ''],
    ],
    { ip: { type: 'string' } },
    { k: 'b', n: 3 },
    { a: ['b'] },
  ])
  expect((await guest.call('throws')).error?.name).toBe('ZodError')
})

test('yaml parses documents with anchors and writes them back with comments kept', async () => {
  const guest = await loadedVm(`import { parse, parseAllDocuments, parseDocument, stringify } from 'yaml'
    export const run = () => {
      const doc = parseDocument('# top\\nspec:\\n  port: 80 # http\\n'); doc.setIn(['spec', 'port'], 8080)
      return [parse('base: &b { x: 1 }\\nuse:\\n  <<: *b\\n  y: [2, 3.5, true, null, "s"]', { merge: true }), stringify({ a: ['x', { b: 'multi\\nline' }] }),
        String(doc), parseAllDocuments('a: 1\\n---\\nb: 2').map((d) => d.toJS()), parseDocument('a: [').errors[0].code] }`)
  expect((await guest.call('run')).ok).toEqual([
    { base: { x: 1 }, use: { x: 1, y: [2, 3.5, true, null, 's'] } },
    'a:\n  - x\n  - b: |-\n      multi\n      line\n',
    '# top\nspec:\n  port: 8080 # http\n',
    [{ a: 1 }, { b: 2 }],
    'BAD_INDENT',
  ])
})

test('semver compares versions and matches ranges', async () => {
  const guest = await loadedVm(`import semver from 'semver'
    export const run = () => [semver.satisfies('1.36.3', '>=1.34 <2'), semver.sort(['1.10.0', '1.9.0', '1.9.0-rc.1']), semver.inc('1.2.3', 'minor'),
      semver.maxSatisfying(['1.2.3', '1.4.0', '2.0.0'], '^1'), semver.valid('x'), semver.coerce('v1.36+k3s1').version]`)
  expect((await guest.call('run')).ok).toEqual([
    true,
    ['1.9.0-rc.1', '1.9.0', '1.10.0'],
    '1.3.0',
    '1.4.0',
    null,
    '1.36.0',
  ])
})

test('date-fns adds, compares, formats and parses dates', async () => {
  const guest =
    await loadedVm(`import { addMonths, differenceInDays, format, formatDistance, intervalToDuration, parseISO } from 'date-fns'
    import { de } from 'date-fns/locale'
    export const run = () => { const date = parseISO('2026-01-31T12:00:00')
      return [format(addMonths(date, 1), 'yyyy-MM-dd'), format(date, 'EEEE', { locale: de }), differenceInDays(parseISO('2026-03-01'), parseISO('2026-02-01')),
        formatDistance(0, 3600_000), intervalToDuration({ start: 0, end: 90_000 })] }`)
  expect((await guest.call('run')).ok).toEqual([
    '2026-02-28',
    'Samstag',
    28,
    'about 1 hour',
    { minutes: 1, seconds: 30 },
  ])
})

test('uuid makes random, time-ordered and name-based ids', async () => {
  const guest = await loadedVm(`import { NIL, parse, stringify, v4, v5, v7, validate, version } from 'uuid'
    export const run = () => { const ids = [v4(), v4(), v7(), v7()]
      return { ids, versions: ids.map(version), valid: ids.every(validate), five: v5('mydemo', v5.DNS), round: stringify(parse(ids[0])) === ids[0], nil: NIL } }`)
  const { ids, ...rest } = (await guest.call('run')).ok as { ids: string[] }
  expect(new Set(ids).size).toBe(4)
  expect(rest).toEqual({
    versions: [4, 4, 7, 7],
    valid: true,
    five: expect.stringMatching(/^[0-9a-f-]{36}$/),
    round: true,
    nil: '00000000-0000-0000-0000-000000000000',
  })
})
