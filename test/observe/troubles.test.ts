import { expect, test } from 'vitest'
import type { Logger } from '../../runtime/observe/log.ts'
import { Troubles } from '../../runtime/observe/troubles.ts'

function listen() {
  const lines: string[] = []
  const write = (level: string) => (message: string) => void lines.push(`${level} ${message}`)
  const logger = (): Logger => ({
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: logger,
  })
  let now = 0
  const troubles = new Troubles({ now: () => ++now })
  return { troubles, lines, log: troubles.listen(logger()) }
}

test('Warnings and errors are kept and passed on; the rest is passed on alone', () => {
  const { log, lines, troubles } = listen()
  log.info('fine')
  log.warn('odd')
  log.error('broken', { error: new Error('no such file') })
  expect(lines).toEqual(['info fine', 'warn odd', 'error broken'])
  expect(troubles.list()).toMatchObject([{ level: 'error', message: 'broken: no such file', count: 2 }])
})

test('Each controller and key has one row, the newest first', () => {
  const { log, troubles } = listen()
  const a = log.child({ controller: 'a' })
  a.error('first', { key: 'x' })
  a.error('other', { key: 'y' })
  a.warn('again', { key: 'x' })
  expect(troubles.list()).toEqual([
    { level: 'warn', controller: 'a', key: 'x', message: 'again', at: 3, count: 2 },
    { level: 'error', controller: 'a', key: 'y', message: 'other', at: 2, count: 1 },
  ])
})

test('A handler’s field cannot put its line into another controller’s row', () => {
  const { log, troubles } = listen()
  log.child({ controller: 'a' }).error('mine', { controller: 'b' })
  expect(troubles.list()).toMatchObject([{ controller: 'a' }])
})

test('The one that was quiet longest makes room for the hundred-and-first', () => {
  const { log, troubles } = listen()
  for (let i = 0; i < 100; i++) log.error('x', { key: `k${i}` })
  log.error('x', { key: 'k0' })
  log.error('x', { key: 'new' })
  const keys = troubles.list().map(({ key }) => key)
  expect(keys).toHaveLength(100)
  expect(keys).toContain('k0')
  expect(keys).not.toContain('k1')
})
