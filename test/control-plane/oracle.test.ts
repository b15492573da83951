import { expect, test } from 'vitest'
import type { AuditEvent } from './audit-log.ts'
import {
  type CallRecord,
  countReads,
  expectedObjects,
  judge,
  keysAlive,
  NO_FINDINGS,
  readCallRecords,
} from './oracle.ts'

let calls = 0
const call = (key: string, start: number, end: number | undefined, bundle = 'new', generation = 1): CallRecord => ({
  key,
  call: String(++calls),
  generation,
  bundle,
  start,
  end,
})
const object = (key: string, generation = 1) => ({ key, generation })

test('judge() finds nothing where every object ended by the new bundle, one call at a time', () => {
  const records = [call('a', 0, 10, 'old'), call('a', 10, 20), call('b', 5, 15)]
  expect(judge(records, [object('a'), object('b')], 'new')).toEqual(NO_FINDINGS)
})

test('judge() names an object that no call ever saw as lost', () => {
  expect(judge([call('a', 0, 1)], [object('a'), object('b')], 'new').lost).toEqual(['b'])
})

test('judge() names an object whose last change no call saw as lost', () => {
  expect(judge([call('a', 0, 1, 'new', 1)], [object('a', 2)], 'new').lost).toEqual(['a'])
})

test('judge() names an object as lost whose only call with its newest generation never ended', () => {
  const findings = judge([call('a', 0, 1, 'new', 1), call('a', 2, undefined, 'new', 2)], [object('a', 2)], 'new')
  expect(findings.lost).toEqual(['a'])
  expect(findings.unfinished).toHaveLength(1)
})

test('judge() names an object that ended by the old bundle, whatever the order of the records', () => {
  const records = [call('a', 20, 30, 'old'), call('a', 0, 10, 'new')]
  expect(judge(records, [object('a')], 'new').endedByOther).toEqual([{ key: 'a', bundle: 'old' }])
})

test('judge() finds two calls of one key at once, and none where different keys overlap', () => {
  const [first, second] = [call('a', 0, 10), call('a', 9, 12)]
  expect(judge([second, first, call('b', 0, 10)], [object('a')], 'new').twiceAtOnce).toEqual([
    { key: 'a', first, second },
  ])
})

test('judge() finds a call within a longer one that another call has already followed', () => {
  const records = [call('a', 0, 100), call('a', 10, 20), call('a', 50, 60)]
  expect(judge(records, [object('a')], 'new').twiceAtOnce).toHaveLength(2)
})

test('readCallRecords() pairs start and end in JSON and readable logs', () => {
  const log = `{"level":30,"msg":"oracle start call=c1 key=default/a generation=3 bundle=0f-1 at=100","controller":"x"}
    12:00 INFO trials default/a oracle end call=c1 key=default/a generation=3 bundle=0f-1 at=140
    {"msg":"oracle start call=c2 key=default/b generation=1 bundle=0f-1 at=150"}`
  expect(readCallRecords(log)).toEqual([
    { key: 'default/a', call: 'c1', generation: 3, bundle: '0f-1', start: 100, end: 140 },
    { key: 'default/b', call: 'c2', generation: 1, bundle: '0f-1', start: 150, end: undefined },
  ])
})

test('readCallRecords() refuses a log that lost a start', () => {
  expect(() => readCallRecords('oracle end call=c1 key=a generation=3 bundle=x at=140')).toThrow('not whole')
})

test('expectedObjects() reads keys and generations from a list', () => {
  const items = [{ metadata: { namespace: 'default', name: 'a', generation: 2 } }, { metadata: { name: 'b' } }]
  expect(expectedObjects({ items })).toEqual([object('default/a', 2), object('b', 0)])
})

let audited = 0
function audit(verb: string, second: number, fields: Partial<AuditEvent> & { name?: string } = {}): AuditEvent {
  const at = new Date(second * 1000).toISOString()
  const { name, ...rest } = fields
  return {
    auditID: String(++audited),
    stage: 'ResponseComplete',
    verb,
    requestURI: '/apis/x/v1/trials',
    user: { username: 'host' },
    objectRef: { resource: 'trials', namespace: 'default', ...(name === undefined ? {} : { name }) },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: at,
    stageTimestamp: at,
    ...rest,
  }
}

test('countReads() counts a streamed list as a list and both stages of a watch once', () => {
  const events = [
    audit('list', 1),
    audit('watch', 2, { auditID: 'w', stage: 'ResponseStarted' }),
    audit('watch', 2, { auditID: 'w' }),
    audit('watch', 3, { requestURI: '/apis/x/v1/trials?sendInitialEvents=true&watch=true' }),
    audit('get', 3),
  ]
  expect(countReads(events, { resource: 'trials' })).toEqual({ lists: 2, watches: 1 })
})

test('countReads() leaves out other times, users and resources', () => {
  const events = [
    audit('list', 1),
    audit('list', 5),
    audit('list', 5, { user: { username: 'admin' } }),
    audit('list', 9),
  ]
  const window = { resource: 'trials', user: 'host', from: 5000, to: 9000 }
  expect(countReads(events, window)).toEqual({ lists: 1, watches: 0 })
  expect(countReads(events, { ...window, resource: 'others' })).toEqual({ lists: 0, watches: 0 })
})

test('keysAlive() counts what was created and not deleted; refused and dry-run requests do not count', () => {
  const events = [
    audit('create', 1, { name: 'a', responseStatus: { code: 201 } }),
    audit('create', 1, { name: 'b', responseStatus: { code: 201 } }),
    audit('create', 1, { name: 'c', responseStatus: { code: 403 } }),
    audit('create', 1, { name: 'd', requestURI: '/apis/x/v1/trials?dryRun=All' }),
    audit('delete', 2, { name: 'b' }),
    audit('delete', 2, { name: 'a', responseStatus: { code: 409 } }),
  ]
  expect(keysAlive(events, 'trials')).toEqual(['default/a'])
})
