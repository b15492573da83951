import { expect, test } from 'vitest'
import { Discovery, type DiscoveryClient } from '../../runtime/kube/discovery.ts'
import { KubeStatusError } from '../../runtime/kube/status-error.ts'
import { createFakeClock } from '../fake-clock.ts'

type Documents = Record<string, unknown>

/** A client that answers from `documents`; what is missing is a 503. */
function bench(documents: Documents) {
  const clock = createFakeClock()
  const asked: string[] = []
  const accepts: (string | undefined)[] = []
  const client: DiscoveryClient = {
    async request({ path, accept }) {
      asked.push(path)
      accepts.push(accept)
      await Promise.resolve()
      const document = documents[path]
      if (document instanceof Error) throw document
      if (document === undefined)
        throw new KubeStatusError('away', {
          code: 503,
          reason: 'ServiceUnavailable',
          details: undefined,
          retryAfterMs: undefined,
        })
      return { code: 200, text: JSON.stringify(document), headers: {} }
    },
  }
  return { discovery: new Discovery(client, clock), clock, asked, accepts, documents }
}

const list = (...items: object[]) => ({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', items })
const group = (name: string | undefined, ...versions: object[]) => ({
  metadata: name === undefined ? {} : { name },
  versions,
})
const resource = (plural: string, kind: string, more: object = {}) => ({
  resource: plural,
  responseKind: { group: '', version: '', kind },
  scope: 'Namespaced',
  verbs: ['get', 'list', 'watch'],
  ...more,
})

const core = list(
  group(undefined, {
    version: 'v1',
    resources: [
      resource('pods', 'Pod', { subresources: [{ subresource: 'status' }, { subresource: 'log' }] }),
      resource('nodes', 'Node', { scope: 'Cluster' }),
    ],
  }),
)
const widgets = group('demo.io', { version: 'v1', freshness: 'Current', resources: [resource('widgets', 'Widget')] })
const widget = { group: 'demo.io', version: 'v1', kind: 'Widget' }
const pod = { group: '', version: 'v1', kind: 'Pod' }

test('Discovery.resolve() reads plural, scope, verbs and subresources from the aggregated form in two requests', async () => {
  const { discovery, asked, accepts } = bench({ '/api': core, '/apis': list(widgets) })
  expect(await discovery.resolve(pod)).toEqual({
    ...pod,
    plural: 'pods',
    namespaced: true,
    verbs: ['get', 'list', 'watch'],
    subresources: ['status', 'log'],
  })
  expect(await discovery.resolve({ ...pod, kind: 'Node' })).toMatchObject({ plural: 'nodes', namespaced: false })
  expect(await discovery.resolve(widget)).toMatchObject({ group: 'demo.io', plural: 'widgets', subresources: [] })
  expect(asked).toEqual(['/api', '/apis'])
  expect(accepts[0]).toMatch(/^application\/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,/)
  expect((await discovery.all()).map(({ kind }) => kind)).toEqual(['Pod', 'Node', 'Widget'])
})

test('Discovery on a server without the aggregated form reads each group, and a group whose server is down costs only itself', async () => {
  const { discovery } = bench({
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': {
      kind: 'APIGroupList',
      groups: [
        { name: 'apps', versions: [{ groupVersion: 'apps/v1', version: 'v1' }] },
        { name: 'metrics.k8s.io', versions: [{ groupVersion: 'metrics.k8s.io/v1beta1', version: 'v1beta1' }] },
      ],
    },
    '/api/v1': { resources: [{ name: 'nodes', kind: 'Node', namespaced: false, verbs: ['get'] }] },
    '/apis/apps/v1': {
      resources: [
        { name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['list'] },
        { name: 'deployments/scale', kind: 'Scale', namespaced: true, verbs: ['get'] },
        { name: 'deployments/status', kind: 'Deployment', namespaced: true, verbs: ['get'] },
      ],
    },
  })
  expect(await discovery.all()).toEqual([
    { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false, verbs: ['get'], subresources: [] },
    {
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
      plural: 'deployments',
      namespaced: true,
      verbs: ['list'],
      subresources: ['scale', 'status'],
    },
  ])
})

test('Discovery with a group that became stale goes on with what it knew of it', async () => {
  const { discovery, documents } = bench({ '/api': core, '/apis': list(widgets) })
  await discovery.resolve(widget)
  documents['/apis'] = list(group('demo.io', { version: 'v1', freshness: 'Stale', resources: [] }))
  discovery.invalidate()
  expect(await discovery.resolve(widget)).toMatchObject({ plural: 'widgets' })
  documents['/apis'] = list()
  discovery.invalidate()
  expect(await discovery.resolve(widget)).toBeUndefined()
})

test('Discovery.resolve() by many at once asks the server once', async () => {
  const { discovery, asked } = bench({ '/api': core, '/apis': list(widgets) })
  await Promise.all(Array.from({ length: 50 }, () => discovery.resolve(widget)))
  expect(asked).toHaveLength(2)
})

test('Discovery.resolve() of a kind that is missing asks again at most once a second, and finds it when it comes', async () => {
  const { discovery, asked, clock, documents } = bench({ '/api': core, '/apis': list() })
  for (let i = 0; i < 10; i++) expect(await discovery.resolve(widget)).toBeUndefined()
  expect(asked).toHaveLength(2)
  await clock.advance(1_000)
  await Promise.all(Array.from({ length: 10 }, () => discovery.resolve(widget)))
  expect(asked).toHaveLength(4)
  documents['/apis'] = list(widgets)
  expect(await discovery.resolve(widget)).toBeUndefined()
  await clock.advance(1_000)
  expect(await discovery.resolve(widget)).toMatchObject({ plural: 'widgets' })
  await clock.advance(60_000)
  expect(await discovery.resolve(pod)).toMatchObject({ plural: 'pods' })
  expect(asked).toHaveLength(6)
})

test('Discovery.invalidate() during a look makes the question wait for a newer one', async () => {
  const { discovery, asked, documents } = bench({ '/api': core, '/apis': list() })
  const found = discovery.resolve(widget)
  await Promise.resolve()
  expect(asked).toHaveLength(2)
  documents['/apis'] = list(widgets)
  discovery.invalidate()
  expect(await found).toMatchObject({ plural: 'widgets' })
})

test('Discovery whose look failed throws it to all who wait, and asks again at the next question', async () => {
  const { discovery, documents } = bench({ '/api': core, '/apis': new Error('no route') })
  const both = [discovery.resolve(widget), discovery.resolve(pod)]
  for (const one of both) await expect(one).rejects.toThrow('no route')
  documents['/apis'] = list(widgets)
  expect(await discovery.resolve(widget)).toMatchObject({ plural: 'widgets' })
})

test('Discovery with two resources of one kind means the one that can be listed', async () => {
  const created = resource('processedwidgets', 'Widget', { verbs: ['create'] })
  const versions = { version: 'v1', resources: [created, resource('widgets', 'Widget')] }
  const { discovery } = bench({ '/api': core, '/apis': list(group('demo.io', versions)) })
  expect(await discovery.resolve(widget)).toMatchObject({ plural: 'widgets' })
})
