import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { GUARANTEES, nameOf } from './guarantees.ts'
import { MUTATIONS } from './mutations.ts'
import { testFileOf } from './test-file.ts'

const NUMBERS = GUARANTEES.map((_, index) => index + 1)
const runtime = join(import.meta.dirname, '../../runtime')

test('there are fifteen things that must never happen, and no test file of another number', () => {
  const files = globSync('never-*.test.ts', { cwd: import.meta.dirname })
  expect(NUMBERS).toHaveLength(15)
  expect(files.sort()).toEqual(NUMBERS.map(testFileOf))
})

/** The names of its cases, `never-NN: ` left out. */
function casesOf(number: number): string[] {
  const text = readFileSync(join(import.meta.dirname, testFileOf(number)), 'utf8')
  return [...text.matchAll(new RegExp(`['"\`]${nameOf(number)}: (.+?)['"\`],`, 'g'))].map(([, name]) => name as string)
}

describe.each(NUMBERS.map(nameOf))('%s', (name) => {
  const number = Number(name.slice(-2))
  const mutations = MUTATIONS.filter(({ never }) => never === number)

  test('has a case, and each of its cases can be run', () => {
    const text = readFileSync(join(import.meta.dirname, testFileOf(number)), 'utf8')
    expect(casesOf(number)).not.toEqual([])
    expect(text).not.toMatch(/\b(?:test|describe)\.(?:skip|only|todo|fails)\b/)
  })

  test('has a mutation, each of a text that occurs once, by a change to it', () => {
    expect(mutations).not.toEqual([])
    for (const { file, find, replace, without } of mutations) {
      const occurrences = readFileSync(join(runtime, file), 'utf8').split(find).length - 1
      expect({ file, without, occurrences }).toEqual({ file, without, occurrences: 1 })
      expect(replace).not.toBe(find)
    }
  })

  test('has the case that each mutation names', () => {
    // Before the parts that a row of a table fills in.
    const stems = casesOf(number).map((title) => title.split(/%[sij]/)[0] as string)
    const lost = mutations.filter(({ test }) => !stems.some((stem) => stem.startsWith(test) || test.startsWith(stem)))
    expect(lost).toEqual([])
  })
})
