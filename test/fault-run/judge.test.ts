import { expect, test } from 'vitest'
import type { AuditEvent } from '../control-plane/audit-log.ts'
import { type FinalObject, judgeRun, type Verdict } from './judge.ts'

const GOOD: Verdict = { unwritten: [], outdated: [], misplaced: [], wentBack: [], undeletable: [], badCopies: [] }
const USER = 'host'

function objectOf(seen: object | undefined, metadata: Partial<FinalObject['metadata']> = {}): FinalObject {
  const status = seen === undefined ? {} : { copier: seen }
  return { metadata: { namespace: 'n', name: 'a', uid: 'u', generation: 2, ...metadata }, spec: { size: 5 }, status }
}

const SEEN = { uid: 'u', generation: 2, size: 5 }

/** The audit event of a status write that left `seen` in the object `uid` as version `resourceVersion`. */
function write(resourceVersion: number, seen: object, tests = 'u'): AuditEvent {
  const uid = 'u'
  return {
    auditID: String(resourceVersion),
    stage: 'ResponseComplete',
    verb: 'patch',
    requestURI: '/apis/e2e.example.com/v1/namespaces/n/trials/a/status?fieldManager=ostler-copier',
    user: { username: USER },
    objectRef: { resource: 'trials', subresource: 'status', namespace: 'n', name: 'a' },
    responseStatus: { code: 200 },
    requestObject: [{ op: 'test', path: '/metadata/uid', value: tests }],
    responseObject: { metadata: { uid, resourceVersion: String(resourceVersion) }, status: { copier: seen } },
    requestReceivedTimestamp: '',
    stageTimestamp: '',
  }
}

const copyOf = (uid: string, size: string) => ({ metadata: { namespace: 'n', name: 'a' }, data: { uid, size } })

test.each<[string, AuditEvent[], FinalObject, object[], Partial<Verdict>]>([
  ['a good run', [write(1, { ...SEEN, generation: 1 }), write(2, SEEN)], objectOf(SEEN), [copyOf('u', '5')], {}],
  [
    'a version that nobody wrote',
    [write(1, { ...SEEN, generation: 1 })],
    objectOf(SEEN),
    [copyOf('u', '5')],
    { unwritten: ['copier n/a'] },
  ],
  [
    'a status of an older spec',
    [write(2, SEEN)],
    objectOf({ ...SEEN, size: 4 }),
    [copyOf('u', '5')],
    { outdated: ['copier n/a'] },
  ],
  [
    "a status of the name's last bearer",
    [write(1, { ...SEEN, uid: 'old' }), write(2, SEEN)],
    objectOf(SEEN),
    [copyOf('u', '5')],
    { misplaced: ['copier n/a'] },
  ],
  [
    'a write without a test of the uid',
    [write(2, SEEN, 'other')],
    objectOf(SEEN),
    [copyOf('u', '5')],
    { misplaced: ['copier n/a'] },
  ],
  [
    'an older version over a newer',
    [write(3, { ...SEEN, generation: 1 }), write(2, SEEN), write(4, SEEN)],
    objectOf(SEEN),
    [copyOf('u', '5')],
    { wentBack: ['copier n/a (2 to 1)'] },
  ],
  [
    'an object that does not go',
    [write(2, SEEN)],
    objectOf(SEEN, { deletionTimestamp: 'now' }),
    [copyOf('u', '5')],
    { undeletable: ['n/a'] },
  ],
  ['a copy of another size', [write(2, SEEN)], objectOf(SEEN), [copyOf('u', '4')], { badCopies: ['n/a'] }],
  ["a copy of the name's last bearer", [write(2, SEEN)], objectOf(SEEN), [copyOf('old', '5')], { badCopies: ['n/a'] }],
])('judgeRun() of %s', (_, audit, object, copies, findings) => {
  const evidence = { audit, objects: [object], controllers: { copier: ['n'] }, user: USER }
  expect(judgeRun({ ...evidence, copies: copies as ReturnType<typeof copyOf>[] })).toEqual({ ...GOOD, ...findings })
})
