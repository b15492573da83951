import { expect, test } from 'vitest'
import { evaluateConditions } from '../../../runtime/apiserver/admission/webhooks/webhook-conditions.ts'
import { evaluateBounded } from '../../../runtime/apiserver/schema/bounded-evaluation.ts'
import { startPlainServer } from './plain-server.ts'

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const THINGS = '/apis/robust.io/v1/namespaces/default/things'

/** A kind whose `spec` has this schema. */
function definitionOf(spec: object): object {
  return {
    metadata: { name: 'things.robust.io' },
    spec: {
      group: 'robust.io',
      names: { plural: 'things', kind: 'Thing' },
      scope: 'Namespaced',
      versions: [versionOf(spec)],
    },
  }
}

function versionOf(spec: object): object {
  return {
    ...{ name: 'v1', served: true, storage: true },
    schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
  }
}

const thing = (name: string, spec: unknown) => ({ apiVersion: 'robust.io/v1', kind: 'Thing', metadata: { name }, spec })

test('A pattern that would backtrack for ever refuses the object that it is asked about, and no other', async () => {
  const { request, faults } = await startPlainServer()
  expect(await request('POST', DEFINITIONS, definitionOf({ type: 'string', pattern: '^(a+)+$' }))).toMatchObject({
    status: 201,
  })
  const evil = await request('POST', THINGS, thing('evil', `${'a'.repeat(50)}!`))
  expect(evil).toMatchObject({ status: 422, body: { message: expect.stringContaining('cost budget') } })
  expect(await request('POST', THINGS, thing('good', 'aaa'))).toMatchObject({ status: 201 })
  expect(faults).toEqual([])
})

test('A rule whose loops would take for ever refuses the object that it is asked about, and no other', async () => {
  const { request, faults } = await startPlainServer()
  const rule = 'self.all(a, self.all(b, self.all(c, self.all(d, self.all(e, a + b + c + d + e >= 0)))))'
  const spec = { type: 'array', items: { type: 'integer' }, 'x-kubernetes-validations': [{ rule }] }
  expect(await request('POST', DEFINITIONS, definitionOf(spec))).toMatchObject({ status: 201 })
  const evil = await request('POST', THINGS, thing('evil', Array(400).fill(1)))
  expect(evil).toMatchObject({ status: 422, body: { message: expect.stringContaining('cost budget') } })
  expect(await request('POST', THINGS, thing('good', [1, 2]))).toMatchObject({ status: 201 })
  expect(faults).toEqual([])
})

test("A pattern that would backtrack for ever over its schema's own default refuses the definition", async () => {
  const { request, faults } = await startPlainServer()
  const evil = { type: 'string', pattern: '^(a+)+$', default: `${'a'.repeat(50)}!` }
  const refused = { status: 422, body: { message: expect.stringContaining('cost budget') } }
  expect(await request('POST', DEFINITIONS, definitionOf(evil))).toMatchObject(refused)
  expect(await request('POST', DEFINITIONS, definitionOf({ type: 'string' }))).toMatchObject({ status: 201 })
  const changed = { spec: { versions: [versionOf(evil)] } }
  const path = `${DEFINITIONS}/things.robust.io`
  expect(await request('PATCH', path, changed)).toMatchObject(refused)
  expect(faults).toEqual([])
})

test('A match condition whose loops would take for ever refuses what it is asked about', () => {
  const expression = 'object.all(a, object.all(b, object.all(c, object.all(d, object.all(e, a + b + c + d + e >= 0)))))'
  const variables = { object: Array(400).fill(1), oldObject: null, request: {} }
  const outcome = evaluateConditions([{ name: 'evil', expression }], variables)
  expect(outcome).toEqual({ error: expect.stringContaining('cost budget') })
})

test('evaluateBounded() answers what the work does, throws what it throws, and undefined when it takes too long', () => {
  expect(evaluateBounded(() => 7)).toBe(7)
  const error = new Error('own')
  expect(() =>
    evaluateBounded(() => {
      throw error
    }),
  ).toThrow(error)
  expect(
    evaluateBounded(() => {
      for (;;);
    }, 20),
  ).toBeUndefined()
})
