import { expect, test } from 'vitest'
import { type Bearer, listBearers } from '../../runtime/controller/finalizer-bearers.ts'
import { stripFinalizer } from '../../runtime/controller/finalizer-strip.ts'
import type { KubeRequest } from '../../runtime/kube/client.ts'
import { KubeStatusError } from '../../runtime/kube/status-error.ts'
import { createFakeClock } from '../fake-clock.ts'
import { createFakeObjects } from './fake-objects.ts'
import { DEMO } from './scripted-controller.ts'

const finalizer = 'ostler.dev/demos'
const item = (name: string, finalizers?: string[]) => ({
  metadata: { namespace: 'a', name, uid: name, resourceVersion: '1', ...(finalizers && { finalizers }) },
})

async function namesOf(pages: AsyncIterable<readonly Bearer[]>): Promise<string[]> {
  const found: string[] = []
  for await (const page of pages) found.push(...page.map(({ key }) => key))
  return found
}

/** Answers one list after the other; a number is a failure. */
function listing(...answers: (object | number)[]) {
  const asked: KubeRequest[] = []
  const send = async (request: KubeRequest) => {
    asked.push(request)
    const answer = answers[asked.length - 1]
    if (typeof answer !== 'number') return { code: 200, text: JSON.stringify(answer) }
    throw new KubeStatusError('no', { code: answer, reason: '', details: undefined, retryAfterMs: undefined })
  }
  return { asked, send }
}

test('listBearers() reads page by page, in each namespace, those that bear the finalizer', async () => {
  const { asked, send } = listing(
    { metadata: { continue: 'more' }, items: [item('x', [finalizer]), item('y')] },
    { metadata: {}, items: [item('z', ['b.io/b', finalizer])] },
    { metadata: {}, items: null },
  )
  expect(await namesOf(listBearers({ send, resource: DEMO, finalizer, namespaces: ['a', 'b'] }))).toEqual([
    'a/x',
    'a/z',
  ])
  expect(asked.map(({ path, query }) => [path, query?.continue])).toEqual([
    ['/apis/demo.io/v1/namespaces/a/demos', undefined],
    ['/apis/demo.io/v1/namespaces/a/demos', 'more'],
    ['/apis/demo.io/v1/namespaces/b/demos', undefined],
  ])
})

test('listBearers() begins anew when its snapshot is too old, and finds nothing where there is no such kind', async () => {
  const first = { metadata: { continue: 'more' }, items: [item('x', [finalizer])] }
  const { send } = listing(first, 410, { metadata: {}, items: [item('y', [finalizer])] })
  expect(await namesOf(listBearers({ send, resource: DEMO, finalizer, namespaces: [] }))).toEqual(['a/x', 'a/y'])
  const gone = listing(404)
  expect(await namesOf(listBearers({ send: gone.send, resource: DEMO, finalizer, namespaces: [] }))).toEqual([])
})

test('stripFinalizer() is held up by no object that fails, and ends with the last one', async () => {
  const clock = createFakeClock()
  const objects = createFakeObjects()
  for (const name of ['x', 'y', 'z']) objects.set(name, { finalizers: [finalizer, 'b.io/b'] })
  let isBroken = true
  const failed: (string | undefined)[] = []
  const send = async (request: KubeRequest) => {
    if (isBroken && request.method === 'PATCH' && request.path.endsWith('/y')) throw new Error('no way')
    return { code: 200, text: objects.respond(request) }
  }
  const stripped = stripFinalizer({
    controller: 'demos',
    finalizer,
    send,
    resource: DEMO,
    clock,
    signal: new AbortController().signal,
    list: () => listBearers({ send, resource: DEMO, finalizer, namespaces: [] }),
    onFailure: (_, bearer) => failed.push(bearer?.key),
  })
  await clock.advance(500)
  expect([objects.finalizersOf('x'), objects.finalizersOf('z'), failed]).toEqual([['b.io/b'], ['b.io/b'], ['a/y']])
  isBroken = false
  await clock.advance(500)
  expect(await stripped).toEqual({ removed: 3, isDone: true })
})
