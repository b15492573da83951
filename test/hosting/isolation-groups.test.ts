import { expect, test } from 'vitest'
import { IsolationGroups } from '../../runtime/hosting/isolation-groups.ts'
import { DEFAULT_LIMITS } from '../../runtime/sandbox/limits.ts'
import { createFakeClock } from '../fake-clock.ts'

function createGroups(): IsolationGroups {
  const take = () => Promise.reject(new Error('no guest is needed'))
  return new IsolationGroups({ clock: createFakeClock(), pool: { limits: DEFAULT_LIMITS, use: () => () => {}, take } })
}

test('IsolationGroups.acquire() answers the same process to one name, and another one to any other', () => {
  const groups = createGroups()
  const [a, b] = [groups.acquire({ group: 'team' }), groups.acquire({ group: 'team' })]
  const others = [groups.acquire({ group: 'other' }), groups.acquire('process'), groups.acquire('process')]
  expect(b.guests).toBe(a.guests)
  expect(b.process).toBe(a.process)
  expect(new Set([a, b, ...others].map(({ guests }) => guests)).size).toBe(4)
})

test('IsolationGroups keeps a group for as long as somebody uses it', () => {
  const groups = createGroups()
  const [a, b] = [groups.acquire({ group: 'team' }), groups.acquire({ group: 'team' })]
  a.release()
  const c = groups.acquire({ group: 'team' })
  expect(c.guests).toBe(b.guests)
  b.release()
  c.release()
  expect(groups.acquire({ group: 'team' }).guests).not.toBe(b.guests)
})
