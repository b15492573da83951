import { expect, test } from 'vitest'
import { sumSamples } from './metrics-text.ts'

const TEXT = `# HELP reconcile_total Number of reconciles
# TYPE reconcile_total counter
reconcile_total{controller="a",result="success"} 3
reconcile_total{controller="a",result="error"} 1
reconcile_total{controller="b",result="success",note="x,\\"y\\"} 9"} 5e1
reconcile_total_other{controller="a"} 100
up 1
`

test('sumSamples() sums the samples of one metric that bear all the labels', () => {
  expect(sumSamples(TEXT, 'reconcile_total', { controller: 'a' })).toBe(4)
  expect(sumSamples(TEXT, 'reconcile_total', { controller: 'a', result: 'error' })).toBe(1)
  expect(sumSamples(TEXT, 'reconcile_total')).toBe(54)
})

test('sumSamples() reads samples without labels, and is 0 where there is none', () => {
  expect(sumSamples(TEXT, 'up')).toBe(1)
  expect(sumSamples(TEXT, 'up', { controller: 'a' })).toBe(0)
  expect(sumSamples(TEXT, 'absent')).toBe(0)
})
