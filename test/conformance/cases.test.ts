import { expect, test } from 'vitest'
import { nameOf } from './case.ts'
import { CASES } from './cases/areas.ts'
import { readKnownDifferences } from './known-differences.ts'
import { readRecorded } from './recorded.ts'

const names = CASES.map(nameOf)

test('no triple of verb, resource class and feature is there twice', () => {
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
})

test('there are 300 triples, and 20 for each of the points 1 to 6', () => {
  expect(new Set(names).size).toBeGreaterThanOrEqual(300)
  for (const point of [1, 2, 3, 4, 5, 6]) {
    const ofPoint = CASES.filter((asked) => asked.point === point)
    expect(new Set(ofPoint.map(nameOf)).size, `point ${point}`).toBeGreaterThanOrEqual(20)
  }
})

test('every case has the recorded answer of the real server to each of its steps, and nothing else is recorded', () => {
  const recorded = readRecorded()
  expect([...recorded.keys()].toSorted()).toEqual(names.toSorted())
  expect(CASES.filter((asked) => recorded.get(nameOf(asked))?.length !== asked.steps.length).map(nameOf)).toEqual([])
})

test('every case compares something beyond its preparations', () => {
  expect(CASES.filter(({ steps }) => steps.every(({ quiet }) => quiet === true)).map(nameOf)).toEqual([])
})

test('no preparation failed on the real server, but where it waits for a refusal', () => {
  const recorded = readRecorded()
  const failed = CASES.filter((asked) =>
    asked.steps.some((step, index) => {
      const status = recorded.get(nameOf(asked))?.[index]?.status ?? 0
      return step.quiet === true && step.until?.status === undefined && (status >= 400 || status === 0)
    }),
  )
  expect(failed.map(nameOf)).toEqual([])
})

test('the known differences are cases', () => {
  expect([...readKnownDifferences().keys()].filter((name) => !names.includes(name))).toEqual([])
})
