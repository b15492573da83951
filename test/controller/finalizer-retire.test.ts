import { expect, test } from 'vitest'
import { retireFinalizer } from '../../runtime/controller/finalizer-retire.ts'
import { KubeStatusError } from '../../runtime/kube/status-error.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { DEMO } from './scripted-controller.ts'

const finalizers = ['ostler.dev/demos']
const item = { metadata: { namespace: 'a', name: 'x', uid: 'x', resourceVersion: '1', finalizers } }

/** Retires `demos`, of which one object bears the finalizer; `refuse` says whether taking it off fails. */
function retire(signal: AbortSignal, refuse = () => false) {
  const said: string[] = []
  const clock = createFakeClock()
  const done = retireFinalizer({
    config: { name: 'demos', gvk: DEMO, forText: 'demo.io/v1/Demo', namespaces: [] },
    clock,
    signal,
    log: { info: (message) => said.push(message), warn: (message) => said.push(message) },
    send: async ({ method }) => {
      if (method === 'GET') return { code: 200, text: JSON.stringify({ items: [item] }) }
      if (!refuse()) return { code: 200, text: JSON.stringify(item) }
      throw new KubeStatusError('no', { code: 403, reason: 'Forbidden', details: undefined, retryAfterMs: undefined })
    },
    resource: async () => DEMO,
    isWanted: () => true,
  })
  return { said, clock, done }
}

const CUT_OFF =
  /ends before .* "ostler.dev\/demos" was taken off all of demo.io\/v1\/Demo: .* "ostler finalizers remove demos"/

test('retireFinalizer() says how many it was taken off', async () => {
  const { said, done } = retire(new AbortController().signal)
  await done
  expect(said).toEqual([expect.stringMatching(/took the finalizer .* off 1 object of demo.io\/v1\/Demo/)])
})

test('retireFinalizer() that the end of the host cuts off says what is left to do, as the next start knows of nothing', async () => {
  const ending = new AbortController()
  const { said, clock, done } = retire(ending.signal, () => true)
  await clock.advance(1_500)
  ending.abort()
  await settle()
  await done
  expect(said.at(-1)).toMatch(CUT_OFF)
  const late = retire(AbortSignal.abort())
  await late.done
  expect(late.said).toEqual([expect.stringMatching(CUT_OFF)])
})
