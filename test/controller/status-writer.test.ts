import { expect, test } from 'vitest'
import { objectKey } from '../../runtime/broker/object-key.ts'
import { Overlay } from '../../runtime/broker/overlay.ts'
import { decideHostFailure } from '../../runtime/controller/outcome.ts'
import { type StatusTarget, writeStatus } from '../../runtime/controller/status-writer.ts'
import type { KubeRequest } from '../../runtime/kube/client.ts'
import type { Resource } from '../../runtime/kube/resource.ts'
import { KubeStatusError } from '../../runtime/kube/status-error.ts'
import { createFakeClock } from '../fake-clock.ts'
import { DEMO } from './scripted-controller.ts'

type Stored = { metadata: { uid: string; resourceVersion: string }; status?: object }

/** An API server with one object, which checks a patch's tests as the real one does. */
function createServer(stored: Stored | undefined, { beforePatch = (_attempt: number) => {} } = {}) {
  const clock = createFakeClock()
  const overlay = new Overlay(clock)
  const sent: KubeRequest[] = []
  const server = {
    stored,
    sent,
    overlay,
    /** The parsed bodies of what was sent as a patch. */
    patches: () => sent.filter(({ method }) => method === 'PATCH').map(({ body }) => JSON.parse(body as string)),
    write: (target: Partial<StatusTarget>, returned: Record<string, unknown>) =>
      writeStatus(
        { controller: 'demos', overlay, now: clock.now, send },
        { ...targetOf('u', '1', {}), ...target },
        returned,
      ),
  }
  return server

  async function send(request: KubeRequest): Promise<{ code: number; text: string }> {
    sent.push(request)
    if (request.method === 'PATCH') beforePatch(server.patches().length)
    const { stored: object } = server
    if (object === undefined) throw failure(404, 'NotFound')
    if (request.method === 'GET') return { code: 200, text: JSON.stringify(object) }
    const [uid, version, add] = JSON.parse(request.body as string) as { path: string; value: unknown }[]
    const isMatch = uid?.value === object.metadata.uid && version?.value === object.metadata.resourceVersion
    if (!isMatch) throw failure(422, 'Invalid')
    const resourceVersion = String(Number(object.metadata.resourceVersion) + 1)
    server.stored = { metadata: { ...object.metadata, resourceVersion }, status: add?.value as object }
    return { code: 200, text: JSON.stringify({ kind: 'Demo', ...server.stored }) }
  }
}

const failure = (code: number, reason: string) =>
  new KubeStatusError(reason, { code, reason, details: undefined, retryAfterMs: undefined })

const stored = (uid: string, resourceVersion: string, status?: object): Stored => ({
  metadata: { uid, resourceVersion },
  ...(status === undefined ? {} : { status }),
})

function targetOf(uid: string, resourceVersion: string, status: object, resource: Resource = DEMO): StatusTarget {
  const json = JSON.stringify({ metadata: { uid, resourceVersion }, status })
  return { resource, namespace: 'a', name: 'x', uid, resourceVersion, generation: 1, json }
}

test('writeStatus() sends a JSON patch to /status that begins with tests of uid and resourceVersion', async () => {
  const server = createServer(stored('u', '1', { kept: 1 }))
  expect(await server.write(targetOf('u', '1', { kept: 1 }), { added: 2 })).toBe('written')
  expect(server.sent).toMatchObject([
    {
      method: 'PATCH',
      path: '/apis/demo.io/v1/namespaces/a/demos/x/status',
      contentType: 'application/json-patch+json',
      query: { fieldManager: 'ostler-demos' },
    },
  ])
  expect(server.patches()[0]).toEqual([
    { op: 'test', path: '/metadata/uid', value: 'u' },
    { op: 'test', path: '/metadata/resourceVersion', value: '1' },
    { op: 'add', path: '/status', value: { kept: 1, added: 2 } },
  ])
})

test('writeStatus() of a kind without the status subresource writes to the object', async () => {
  const server = createServer(stored('u', '1'))
  await server.write(targetOf('u', '1', {}, { ...DEMO, subresources: [] }), { n: 1 })
  expect(server.sent[0]?.path).toBe('/apis/demo.io/v1/namespaces/a/demos/x')
})

test('writeStatus() sends nothing when nothing differs', async () => {
  const server = createServer(stored('u', '1', { n: 1 }))
  expect(await server.write(targetOf('u', '1', { n: 1, m: 2 }), { n: 1 })).toBe('unchanged')
  expect(server.sent).toEqual([])
})

test('writeStatus() lays what was stored over the cache', async () => {
  const server = createServer(stored('u', '1'))
  await server.write({}, { n: 1 })
  expect(server.overlay.lookup(objectKey(DEMO, 'a', 'x'))).toMatchObject({ resourceVersion: '2' })
})

test("writeStatus() merges anew into another writer's version, and keeps what that one wrote", async () => {
  const server = createServer(stored('u', '5', { theirs: true }))
  expect(await server.write(targetOf('u', '1', { old: true }), { ours: true })).toBe('written')
  expect(server.sent.map(({ method }) => method)).toEqual(['PATCH', 'GET', 'PATCH'])
  expect(server.stored?.status).toEqual({ theirs: true, ours: true })
})

test('writeStatus() writes nothing when the other writer has written the very same', async () => {
  const server = createServer(stored('u', '5', { n: 1 }))
  expect(await server.write({}, { n: 1 })).toBe('unchanged')
  expect(server.patches()).toHaveLength(1)
})

test('writeStatus() gives up after five versions that each were overtaken, by a conflict: it is no refusal, and another attempt may mend it', async () => {
  const server = createServer(stored('u', '5'), {
    beforePatch: (attempt) => {
      server.stored = stored('u', String(100 + attempt))
    },
  })
  const error = await server.write({}, { n: 1 }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 409, reason: 'Conflict' })
  expect(decideHostFailure(error, { name: 'StatusWriteFailed', action: 'Cannot write' }).kind).toBe('retry')
  expect(server.patches()).toHaveLength(5)
})

test.each([
  ['is gone', undefined],
  ['was re-created under its name', stored('another', '5')],
])('writeStatus() to an object that %s says so and writes nothing', async (_, now) => {
  const server = createServer(now)
  expect(await server.write({}, { n: 1 })).toBe('gone')
  expect(server.stored).toEqual(now)
})

test('writeStatus() to an object that goes between its two looks says that it is gone', async () => {
  const server = createServer(stored('u', '5'), {
    beforePatch: (attempt) => {
      if (attempt === 2) server.stored = undefined
    },
  })
  expect(await server.write({}, { n: 1 })).toBe('gone')
})

test('writeStatus() throws a 422 that is no failed test at once: the object is as it was', async () => {
  const server = createServer(stored('u', '1'), {
    beforePatch: () => {
      throw failure(422, 'Invalid')
    },
  })
  await expect(server.write({}, { n: 'no number' })).rejects.toMatchObject({ code: 422 })
  expect(server.sent.map(({ method }) => method)).toEqual(['PATCH', 'GET'])
})

test.each([403, 413, 500])('writeStatus() passes a %i on', async (code) => {
  const server = createServer(stored('u', '1'), {
    beforePatch: () => {
      throw failure(code, 'Whatever')
    },
  })
  await expect(server.write({}, { n: 1 })).rejects.toMatchObject({ code })
  expect(server.sent).toHaveLength(1)
})

test('writeStatus() sets the generation that the handler saw, also in a later version', async () => {
  const server = createServer(stored('u', '5'))
  await server.write({ generation: 3 }, { conditions: [{ type: 'Ready', status: 'True', reason: 'R', message: '' }] })
  expect(server.stored?.status).toMatchObject({ conditions: [{ type: 'Ready', observedGeneration: 3 }] })
})

test('writeStatus() to a subresource that is no more, of an object that is, fails', async () => {
  const server = createServer(stored('u', '5'), {
    beforePatch: () => {
      throw failure(404, 'NotFound')
    },
  })
  await expect(server.write({}, { n: 1 })).rejects.toMatchObject({ code: 404 })
})
