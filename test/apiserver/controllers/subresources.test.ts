import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiServer, createApiServer } from '../../../runtime/apiserver/api-server.ts'
import type { Status } from '../../../runtime/apiserver/status.ts'

const PODS = '/api/v1/namespaces/default/pods'
const APPS = '/apis/apps/v1/namespaces/default'

/** What is asserted here are answers of kube-apiserver 1.36.3. */
describe('subresources of built-in kinds', () => {
  let server: ApiServer
  beforeAll(async () => {
    server = await createApiServer({ tokens: [] })
  })
  afterAll(() => server.close())

  const send = async (method: string, path: string, body?: unknown, contentType?: string) => {
    const answer = await server.client.request(method, path, body, contentType)
    return { code: answer.code, body: answer.body as Status & Record<string, unknown> }
  }
  const pod = (name: string, more: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: { containers: [{ name: 'c', image: 'nginx' }], ...more },
  })
  const binding = (name: string, target: object) => ({ apiVersion: 'v1', kind: 'Binding', metadata: { name }, target })
  const evict = (path: string, name: string) =>
    send('POST', `${PODS}/${path}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } })

  test('pods/binding sends a pod to a node once', async () => {
    await send('POST', PODS, pod('bound'))
    const done = await send('POST', `${PODS}/bound/binding`, binding('bound', { kind: 'Node', name: 'n1' }))
    expect(done).toMatchObject({ code: 201, body: { status: 'Success' } })
    const again = await send('POST', `${PODS}/bound/binding`, binding('bound', { kind: 'Node', name: 'n1' }))
    expect(again.code).toBe(409)
    expect(again.body.message).toBe(
      'Operation cannot be fulfilled on pods/binding "bound": pod bound is already assigned to node "n1"',
    )
    const found = await send('GET', `${PODS}/bound`)
    expect(found.body).toMatchObject({
      spec: { nodeName: 'n1' },
      status: { conditions: [{ type: 'PodScheduled', status: 'True' }] },
    })
  })

  test('bindings, by a path of their own, do the same and keep nothing', async () => {
    await send('POST', PODS, pod('own-path'))
    const answer = await send('POST', '/api/v1/namespaces/default/bindings', binding('own-path', { name: 'n1' }))
    expect(answer).toMatchObject({ code: 201, body: { kind: 'Status' } })
    expect(server.store.count('/bindings')).toBe(0)
  })

  test('pods/binding names what is wrong with its target', async () => {
    await send('POST', PODS, pod('unbound'))
    const answer = await send('POST', `${PODS}/unbound/binding`, binding('unbound', { kind: 'Pod', name: '' }))
    expect(answer.code).toBe(500)
    expect(answer.body.message).toBe(
      '[target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>", target.name: Required value]',
    )
  })

  test('pods/eviction takes a pending pod whatever budgets say, and refuses another name', async () => {
    await send('POST', PODS, pod('pending'))
    expect((await evict('pending', 'other')).body.message).toBe('name in URL does not match name in Eviction object')
    expect(await evict('pending', 'pending')).toMatchObject({ code: 201, body: { status: 'Success' } })
    expect((await send('GET', `${PODS}/pending`)).code).toBe(404)
    expect((await evict('pending', 'pending')).body.message).toBe('pods "pending" not found')
  })

  test('pods/eviction is refused while the budget is not counted, or spent', async () => {
    const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
    const budget = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'b' },
      spec: { minAvailable: 3, selector: { matchLabels: { app: 'guarded' } } },
    }
    await send('POST', budgets, budget)
    await send('POST', PODS, pod('guarded'))
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
    await send('PATCH', `${PODS}/guarded/status`, { status }, 'application/merge-patch+json')
    const uncounted = await evict('guarded', 'guarded')
    expect(uncounted).toMatchObject({
      code: 429,
      body: {
        reason: 'TooManyRequests',
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
        details: { causes: [{ message: 'The disruption budget b is still being processed by the server.' }] },
      },
    })
    const counted = {
      observedGeneration: 1,
      disruptionsAllowed: 0,
      currentHealthy: 1,
      desiredHealthy: 3,
      expectedPods: 3,
    }
    await send('PATCH', `${budgets}/b/status`, { status: counted }, 'application/merge-patch+json')
    const spent = await evict('guarded', 'guarded')
    const message = 'The disruption budget b needs 3 healthy pods and has 1 currently'
    expect(spent.body.details?.causes).toEqual([{ reason: 'DisruptionBudget', message }])
  })

  test('scale shows and changes the replicas of a Deployment, and refuses a negative number', async () => {
    const spec = {
      replicas: 2,
      selector: { matchLabels: { app: 'd' } },
      template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
    }
    await send('POST', `${APPS}/deployments`, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec,
    })
    const shown = await send('GET', `${APPS}/deployments/d/scale`)
    expect(shown.body).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 2 },
      status: { replicas: 0, selector: 'app=d' },
    })
    const path = `${APPS}/deployments/d/scale`
    const merge = 'application/merge-patch+json'
    expect((await send('PATCH', path, { spec: { replicas: 5 } }, merge)).body).toMatchObject({ spec: { replicas: 5 } })
    const found = await send('GET', `${APPS}/deployments/d`)
    expect(found.body).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 5 } })
    const negative = await send('PATCH', path, { spec: { replicas: -3 } }, merge)
    expect(negative.code).toBe(422)
    expect(negative.body.message).toBe(
      'Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -3: must be greater than or equal to 0',
    )
  })

  test('namespaces/finalize takes the finalizers in the spec, and refuses what is no name of one', async () => {
    await send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'f' } })
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'f' } }
    const refused = await send('PUT', '/api/v1/namespaces/f/finalize', { ...namespace, spec: { finalizers: ['foo'] } })
    expect(refused.body.message).toBe(
      'Namespace "f" is invalid: spec.finalizers[0]: Invalid value: "foo": name is neither a standard finalizer name nor is it fully qualified',
    )
    const none = await send('PUT', '/api/v1/namespaces/f/finalize', { ...namespace, spec: {} })
    expect(none).toMatchObject({ code: 200, body: { spec: {}, status: { phase: 'Active' } } })
  })
})
