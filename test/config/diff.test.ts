import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { diffConfig } from '../../runtime/config/diff.ts'
import { loadConfig } from '../../runtime/config/load.ts'
import type { Config } from '../../runtime/config/schema.ts'
import { tempProject } from './temp-project.ts'

/** Each entry is the lines of one controller beside name and handler. */
async function configs(...files: Record<string, string[]>[]): Promise<Config[]> {
  const cwd = tempProject({})
  const names = files.map((_, index) => `${index}.yaml`)
  const texts = files.map((controllers) => {
    const entries = Object.entries(controllers).map(([name, lines]) => {
      const own = lines.some((line) => line.startsWith('for:')) ? [] : ['for: v1/Pod']
      const handler = lines.some((line) => line.startsWith('handler:')) ? [] : ['handler: h.ts']
      return `  - ${[`name: ${name}`, ...own, ...handler, ...lines].join('\n    ')}`
    })
    return `apiVersion: ostler.dev/v1\nkind: Ostler\ncontrollers:\n${entries.join('\n')}\n`
  })
  for (const [index, name] of names.entries()) writeFileSync(join(cwd, name), texts[index] as string)
  return await Promise.all(names.map((file) => loadConfig({ cwd, file })))
}

async function changeOf(old: string[], next: string[]): Promise<object | undefined> {
  const [before, after] = await configs({ a: old }, { a: next })
  const change = diffConfig(before as Config, after as Config).get('a')
  if (change?.kind !== 'changed') return change && { kind: change.kind }
  return {
    guest: change.guest,
    inPlace: change.inPlace,
    subscription: change.subscription,
    secondary: change.secondary,
  }
}

test('diffConfig() names what was added, what was removed and what stayed', async () => {
  const [old, next] = await configs({ a: [], b: [], c: [] }, { d: [], c: ['timeout: 1s'], b: [] })
  const kinds = [...diffConfig(old as Config, next as Config)].map(([name, { kind }]) => [name, kind])
  expect(kinds.sort()).toEqual([
    ['a', 'removed'],
    ['b', 'unchanged'],
    ['c', 'changed'],
    ['d', 'added'],
  ])
})

test.each([
  [['handler: other.ts']],
  [['with: { a: 1 }']],
  [['allow: [{ for: v1/Node, verbs: [get] }]']],
  [['timeout: 1s']],
  [['memory: 64Mi']],
])('diffConfig() with %j added swaps the guest alone', async (lines) => {
  expect(await changeOf([], lines)).toEqual({ guest: true, inPlace: false, subscription: false, secondary: false })
})

test.each([[['concurrency: 9']], [['retry: { maxAttempts: 2 }']], [['resync: 30s']]])(
  'diffConfig() with %j added applies in place',
  async (lines) => {
    expect(await changeOf([], lines)).toEqual({ guest: false, inPlace: true, subscription: false, secondary: false })
  },
)

test.each([
  [['for: v1/Node']],
  [['namespaces: [default]']],
  [['labelSelector: a=b']],
  [['fieldSelector: metadata.name=a']],
  [['on: [spec]']],
  [['as: jane']],
])('diffConfig() with %j added changes the subscription alone', async (lines) => {
  expect(await changeOf([], lines)).toEqual({ guest: false, inPlace: false, subscription: true, secondary: false })
})

test('diffConfig() of other namespaces leaves the guest alone, though its rights follow them', async () => {
  const allow = 'allow: [{ for: v1/Node, verbs: [get] }]'
  const change = await changeOf(['namespaces: [a]', allow], ['namespaces: [b]', allow])
  expect(change).toEqual({ guest: false, inPlace: false, subscription: true, secondary: false })
})

test('diffConfig() names several groups at once', async () => {
  expect(await changeOf([], ['timeout: 1s', 'concurrency: 9', 'on: [spec]'])).toEqual({
    guest: true,
    inPlace: true,
    subscription: true,
    secondary: false,
  })
})

test('diffConfig() of an entry that only moved or is written otherwise finds nothing', async () => {
  expect(await changeOf(['timeout: 60s', 'on: [spec]'], ['on: [ "spec" ]', 'timeout: 1m', 'concurrency: 4'])).toEqual({
    kind: 'unchanged',
  })
})

test.each([[['owns: [v1/ConfigMap]']], [['watches: [{ for: v1/ConfigMap, map: toPods }]']]])(
  'diffConfig() with %j added changes what is followed beside the own kind alone',
  async (lines) => {
    expect(await changeOf([], lines)).toEqual({ guest: false, inPlace: false, subscription: false, secondary: true })
  },
)
