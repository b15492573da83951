import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RuntimeError } from '../../runtime/errors.ts'
import { applyManifests, type Cluster } from '../../runtime/tools/apply-manifests.ts'
import { readManifests } from '../../runtime/tools/manifest-files.ts'
import { brokenPromises, readSamples } from '../../runtime/tools/samples.ts'
import { realClock } from '../../runtime/util/clock.ts'

const WORLD = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: world }\n'

let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ostler-samples-'))
})

afterEach(() => rmSync(dir, { recursive: true, force: true }))

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
}

/** What is refused, as the command prints it, with the folder left out. */
function refusal(read: () => unknown): string[] {
  try {
    read()
  } catch (error) {
    const { faults, message } = error as RuntimeError
    const places = faults.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`)
    return (places.length > 0 ? places : [message]).map((text) => text.replaceAll(`${dir}/`, ''))
  }
  return []
}

test.each([
  ['YAML that does not parse', 'kind: [a\n', ['2:1: Not readable as YAML: deficient indentation']],
  ['keys that stand twice', 'a: 1\na: 2\n', ['2:1: Key "a" stands here twice; first on line 1']],
  ['what is no object', '\n- 1\n', ['2:1: expected an object, found [1]']],
  ['an object of no kind behind another one', `${WORLD}---\napiVersion: v1\n`, ['5:1: kind must be there, as a text']],
  ['metadata that is none', 'apiVersion: v1\nkind: A\nmetadata: a\n', ['3:11: metadata must be an object']],
  [
    'a name that is a number, in a list',
    'kind: List\nitems:\n- apiVersion: v1\n  kind: A\n  metadata:\n    name: 1\n',
    ['6:11: metadata.name must be a text: put it in quotes'],
  ],
])('readManifests() names the place of %s', (_, text, expected) => {
  write({ 'a.yaml': text })
  expect(refusal(() => readManifests(dir, ['a.yaml']))).toEqual(expected.map((fault) => `a.yaml:${fault}`))
})

test.each([
  ['a sample without a promise', { 'a.yaml': WORLD }, 'sample "a.yaml" is to lead to: there is no "a.expect.yaml"'],
  [
    'a promise that is empty',
    { 'a.yaml': WORLD, 'a.expect.yaml': '# later\n' },
    'sample "a.yaml" is to lead to: "a.expect.yaml" has no object',
  ],
  ['a promise without a sample', { 'a.expect.yml': WORLD }, '"a.expect.yml" is promised for: there is no "a.yaml"'],
])('readSamples() refuses %s', (_, files, expected) => {
  write(files as unknown as Record<string, string>)
  expect(refusal(() => readSamples(dir))).toEqual([expect.stringContaining(expected)])
})

test('readSamples() says of a folder without samples what it looked for', () => {
  expect(refusal(() => readSamples(dir))).toEqual([
    `Cannot find manifests: there is no .yaml, .yml or .json file in "${dir}"`,
  ])
})

/** A cluster of ConfigMaps alone. */
function clusterOf(...stored: readonly { metadata: { name: string }; data?: object }[]): Cluster {
  const resource = { gvk: { group: '', version: 'v1', kind: 'ConfigMap' }, plural: 'configmaps', namespaced: true }
  return {
    client: { request: async () => ({ status: 200, text: JSON.stringify({ items: stored }) }) },
    discovery: {
      resolve: async ({ kind }: { kind: string }) => (kind === 'ConfigMap' ? resource : undefined),
      invalidate() {},
    },
    clock: realClock,
    namespace: 'default',
  } as unknown as Cluster
}

test('brokenPromises() shows what differs in the object that was probably meant, and where the promise stands', async () => {
  write({ 'a.yaml': WORLD, 'a.expect.yaml': '---\napiVersion: v1\nkind: ConfigMap\ndata: { a: x, b: y }\n' })
  const stored = [
    { metadata: { name: 'one' }, data: { a: 'o' } },
    { metadata: { name: 'two' }, data: { a: 'x', b: 'z' } },
  ]
  const [sample] = readSamples(dir)
  expect(await brokenPromises(clusterOf(...stored), sample as NonNullable<typeof sample>)).toEqual([
    `a: v1/ConfigMap: none of 2 fits; the nearest is "two": data.b: expected "y", found "z" (${dir}/a.expect.yaml:2)`,
  ])
})

test('brokenPromises() of a kind that is not served says what makes it so, without waiting', async () => {
  write({ 'a.yaml': WORLD, 'a.expect.yaml': 'apiVersion: x.io/v1\nkind: Foo\nmetadata: { name: a }\n' })
  const [sample] = readSamples(dir)
  expect(await brokenPromises(clusterOf(), sample as NonNullable<typeof sample>)).toEqual([
    `a: The API server does not serve "x.io/v1/Foo"; a kind of your own needs its CustomResourceDefinition among the config's crds (${dir}/a.expect.yaml:1)`,
  ])
})

test('applyManifests() names the place of an object that cannot be applied', async () => {
  write({ 'a.yaml': `${WORLD}---\napiVersion: v1\nkind: ConfigMap\n` })
  const applied: unknown[] = []
  const applying = applyManifests(clusterOf(), readManifests(dir, ['a.yaml']), 'test', ({ line }) => applied.push(line))
  const file = join(dir, 'a.yaml')
  await expect(applying).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    faults: [{ file, line: 5, message: 'Cannot apply ConfigMap "": metadata.name is missing' }],
  })
  expect(applied).toEqual([1])
})
