import { expect, test } from 'vitest'
import { createScriptedBroker, DEMO } from './scripted-broker.ts'

const KIND = 'demo.io/v1/Demo'
const OWN = { name: 'mine' }
const mine = { apiVersion: 'demo.io/v1', kind: 'Demo', metadata: { name: 'mine' } }
const allow = [{ gvk: DEMO, verbs: ['create', 'update', 'patch', 'delete'] }]

/** The body that a call of the handler sends. */
async function sentBy(method: string, ...args: unknown[]): Promise<unknown> {
  const broker = createScriptedBroker({ allow })
  await broker.call(method, ...args)
  return JSON.parse(broker.sent[0]?.body as string)
}

test.each([
  ['update', [mine], { ...mine, metadata: { namespace: 'a', name: 'mine', uid: 'u' } }],
  ['apply', [mine], { ...mine, metadata: { namespace: 'a', name: 'mine', uid: 'u' } }],
  ['patch', [KIND, OWN, { spec: {} }], { metadata: { uid: 'u' }, spec: {} }],
  ['patch', [KIND, OWN, { spec: {} }, { type: 'strategic' }], { metadata: { uid: 'u' }, spec: {} }],
  [
    'patch',
    [KIND, OWN, [{ op: 'x' }], { type: 'json' }],
    [{ op: 'test', path: '/metadata/uid', value: 'u' }, { op: 'x' }],
  ],
  ['delete', [KIND, OWN], { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: 'u' } }],
])('%s() of the object in hand is for its uid alone, case %#', async (method, args, body) => {
  expect(await sentBy(method, ...args)).toEqual(body)
})

test('Writes to other objects are for whatever has the name', async () => {
  expect(await sentBy('patch', KIND, { name: 'other' }, { spec: {} })).toEqual({ spec: {} })
  expect(await sentBy('patch', KIND, { namespace: 'b', name: 'mine' }, { spec: {} }).catch(() => 'denied')).toEqual({
    spec: {},
  })
  expect(await sentBy('delete', KIND, { name: 'other' })).toEqual({ apiVersion: 'v1', kind: 'DeleteOptions' })
})

test('A uid that the handler names itself is its own affair', async () => {
  expect(await sentBy('delete', KIND, OWN, { preconditions: { uid: 'w' } })).toMatchObject({
    preconditions: { uid: 'w' },
  })
})
