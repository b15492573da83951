import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { describeOnRealServer } from '../../control-plane/describe-on-control-plane.ts'
import { ALL_SAMPLES, type Answers, askRealServer } from './ask-real-server.ts'
import { createLocally } from './create-locally.ts'

const recorded = JSON.parse(readFileSync(new URL('./recorded-answers.json', import.meta.url), 'utf8')) as Answers

test.each(ALL_SAMPLES)('strategyOf() makes of $name what kube-apiserver makes of it', (sample) => {
  expect(createLocally(sample)).toEqual(recorded[sample.name])
})

test('samples: each has a name of its own and a recorded answer', () => {
  expect(ALL_SAMPLES.map(({ name }) => name).sort()).toEqual(Object.keys(recorded).sort())
})

describeOnRealServer('with a real kube-apiserver', () => {
  test('the recorded answers are the ones it gives', { timeout: 120_000 }, async () => {
    expect(await askRealServer()).toEqual(recorded)
  })
})
