import { expect, test } from 'vitest'
import { loadedVm } from './guest-vm.ts'

const ready = { type: 'Ready', status: 'True', reason: 'Done', message: 'all of it' }
const SET = `condition('Ready', 'True', 'Done', 'all of it')`

/** What a reconcile leads to whose context is at hand as `condition`. */
async function resultOf(body: string, name = 'reconcile') {
  const guest = await loadedVm(`export const ${name} = async (object, { condition }) => { ${body} }`)
  return { ...(await guest.call(name, [{}])), logs: guest.logs }
}

test('condition() of a call that returns nothing makes a status of its own', async () => {
  expect((await resultOf(SET)).ok).toEqual({ status: { conditions: [ready] } })
})

test('condition() joins the status and the conditions that the call returns, behind these', async () => {
  const own = { type: 'Own', status: 'False', reason: 'R', message: '' }
  const { ok } = await resultOf(
    `${SET}; return { requeueAfter: '1s', status: { n: 1, conditions: [${JSON.stringify(own)}] } }`,
  )
  expect(ok).toEqual({ requeueAfter: '1s', status: { n: 1, conditions: [own, ready] } })
})

test('condition() of one type counts as it was said last', async () => {
  const { ok } = await resultOf(`condition('Ready', 'False', 'Begun', 'none of it'); ${SET}`)
  expect(ok).toEqual({ status: { conditions: [ready] } })
})

test('condition() of a call that throws is forgotten', async () => {
  const { ok, error } = await resultOf(`${SET}; throw new Error('boom')`)
  expect([ok, error?.message]).toEqual([undefined, 'boom'])
})

test('condition() in deleted has no effect but a line in the log', async () => {
  const { ok, logs } = await resultOf(SET, 'deleted')
  expect(ok).toBeUndefined()
  expect(logs).toEqual([expect.objectContaining({ level: 'warn', message: expect.stringContaining('no effect') })])
})

test.each([
  ["return 'text'", 'text'],
  ['return [1]', [1]],
  ["return { status: 'text' }", { status: 'text' }],
])('condition() leaves a result alone that the host refuses: %s', async (body, expected) => {
  expect((await resultOf(`${SET}; ${body}`)).ok).toEqual(expected)
})

test.each([
  [`condition('', 'True', 'R', 'm')`, 'needs a type'],
  [`condition('Ready', true, 'R', 'm')`, `must be 'True', 'False' or 'Unknown'`],
  [`condition('Ready', 'True', 'R')`, 'needs a reason and a message'],
  [`for (let i = 0; i < 65; i++) condition('T' + i, 'True', 'R', 'm')`, 'more than 64 types'],
])('%s throws', async (body, message) => {
  expect((await resultOf(body)).error).toMatchObject({ name: 'TypeError', message: expect.stringContaining(message) })
})

test('condition() does not go through what a handler put on Object.prototype', async () => {
  const { ok } = await resultOf(
    `Object.defineProperty(Object.prototype, 'status', { set() { throw new Error('set') }, get() { return 1 }, configurable: true }); ${SET}`,
  )
  expect(ok).toEqual({ status: { conditions: [ready] } })
})

test('an argument that is absent is undefined', async () => {
  const guest =
    await loadedVm(`export const toDemos = (object, old) => [object.n, old === undefined, arguments_(object)]
    const arguments_ = (object) => object.none`)
  expect((await guest.call('toDemos', [{ n: 1, none: null }, null])).ok).toEqual([1, true, null])
})
