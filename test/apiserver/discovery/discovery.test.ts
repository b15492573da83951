import { describe, expect, test } from 'vitest'
import { createDiscovery } from '../../../runtime/apiserver/discovery/discovery.ts'
import type { Answer } from '../../../runtime/apiserver/http/answer.ts'
import { createBuiltInRegistry } from '../../../runtime/apiserver/kinds/load.ts'
import { customResource } from './custom-resource.ts'

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const KUBECTL = `${AGGREGATED},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json`

function served() {
  const registry = createBuiltInRegistry()
  let isJournalRead = true
  const checks = [{ name: 'journal', isHealthy: () => isJournalRead }]
  const discovery = createDiscovery({ registry, serverAddress: () => '127.0.0.1:6443', checks })
  const ask = (url: string, options: { method?: string; accept?: string; ifNoneMatch?: string } = {}) => {
    const { pathname: path, searchParams: query } = new URL(url, 'http://x')
    const { method = 'GET', accept, ifNoneMatch } = options
    return discovery.answer({ method, path, query, accept, ifNoneMatch })
  }
  return {
    registry,
    ask,
    fail: () => {
      isJournalRead = false
    },
  }
}

function bodyOf<T = Record<string, unknown>>({ body }: Answer): T {
  return JSON.parse(String(body)) as T
}

describe('discovery of groups', () => {
  const { ask, registry } = served()

  test('/version is what kube-apiserver says of itself', () => {
    expect(bodyOf(ask('/version'))).toMatchObject({ major: '1', minor: '36', platform: 'linux/amd64' })
    expect(ask('/version').body).toContain('\n  "minor": "36",\n')
    expect(ask('/').body).toContain('\n    "/api",\n')
  })

  test('/api names the address that clients reach it at', () => {
    expect(bodyOf(ask('/api'))).toEqual({
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1:6443' }],
    })
  })

  test('/apis/GROUP prefers the first version', () => {
    expect(bodyOf(ask('/apis/autoscaling'))).toEqual({
      kind: 'APIGroup',
      apiVersion: 'v1',
      name: 'autoscaling',
      versions: [
        { groupVersion: 'autoscaling/v2', version: 'v2' },
        { groupVersion: 'autoscaling/v1', version: 'v1' },
      ],
      preferredVersion: { groupVersion: 'autoscaling/v2', version: 'v2' },
    })
  })

  test('resource lists bear the hash of the stored version', () => {
    const { resources } = bodyOf<{ resources: { name: string; storageVersionHash?: string }[] }>(ask('/api/v1'))
    expect(resources.find(({ name }) => name === 'pods')?.storageVersionHash).toBe('xPOwRZ+Yhw8=')
    expect(resources.find(({ name }) => name === 'bindings')).not.toHaveProperty('storageVersionHash')
  })

  test('custom groups come after built-in ones, and go with their resources', () => {
    const groupNames = () => bodyOf<{ groups: { name: string }[] }>(ask('/apis')).groups.map(({ name }) => name)
    const before = groupNames()
    registry.set([customResource('z.example.com', 'v1'), customResource('a.example.com', 'v1')])
    expect(groupNames()).toEqual([...before, 'a.example.com', 'z.example.com'])
    registry.remove('z.example.com', 'demos')
    expect(groupNames()).toEqual([...before, 'a.example.com'])
  })

  test('versions of a custom group are ordered by stability', () => {
    const versions = ['v1alpha1', 'v1', 'v2beta1', 'v10', 'odd', 'v1beta2', 'v2']
    registry.set(versions.map((version) => customResource('b.example.com', version)))
    const group = bodyOf<{ versions: { version: string }[] }>(ask('/apis/b.example.com'))
    expect(group.versions.map(({ version }) => version)).toEqual([
      'v10',
      'v2',
      'v1',
      'v2beta1',
      'v1beta2',
      'v1alpha1',
      'odd',
    ])
  })
})

describe('aggregated discovery', () => {
  const { ask, registry } = served()

  test('is answered to those who prefer it, with its own media type', () => {
    const answer = ask('/apis', { accept: KUBECTL })
    expect(answer.headers['content-type']).toBe(AGGREGATED)
    expect(bodyOf(answer)).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' })
    expect(ask('/apis', { accept: `application/json,${AGGREGATED}` }).headers['content-type']).toBe('application/json')
  })

  test('is refused in the version that 1.36 no longer has', () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList'
    expect(() => ask('/apis', { accept })).toThrow('only the following media types are accepted')
    expect(ask('/apis', { accept: `${accept},application/json` }).headers['content-type']).toBe('application/json')
  })

  test('is not sent again to who has it, until resources change', () => {
    const { etag } = ask('/apis', { accept: AGGREGATED }).headers
    expect(ask('/apis', { accept: AGGREGATED, ifNoneMatch: etag as string })).toMatchObject({ code: 304, body: '' })
    registry.set([customResource('example.com', 'v1')])
    const changed = ask('/apis', { accept: AGGREGATED, ifNoneMatch: etag as string })
    expect(changed.code).toBe(200)
    const { items } = bodyOf<{ items: { metadata: { name: string }; versions: object[] }[] }>(changed)
    expect(items.at(-1)).toMatchObject({
      metadata: { name: 'example.com' },
      versions: [
        {
          version: 'v1',
          freshness: 'Current',
          resources: [
            {
              resource: 'demos',
              responseKind: { group: 'example.com', version: 'v1', kind: 'Demo' },
              subresources: [
                { subresource: 'status', responseKind: { group: 'example.com', version: 'v1', kind: 'Demo' } },
                { subresource: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' } },
              ],
            },
          ],
        },
      ],
    })
  })
})

describe('health', () => {
  test('says ok, and more when asked to', () => {
    const { ask } = served()
    for (const path of ['/healthz', '/livez', '/readyz', '/readyz/journal']) expect(ask(path).body).toBe('ok')
    expect(ask('/readyz?verbose').body).toBe('[+]ping ok\n[+]journal ok\nreadyz check passed\n')
    expect(ask('/livez/nothing')).toMatchObject({ code: 404, body: '404 page not found\n' })
  })

  test('fails with the names of the checks that do, unless they are excluded', () => {
    const { ask, fail } = served()
    fail()
    expect(ask('/readyz')).toMatchObject({
      code: 500,
      body: '[+]ping ok\n[-]journal failed: reason withheld\nreadyz check failed\n',
    })
    expect(ask('/readyz?exclude=journal').body).toBe('ok')
    expect(ask('/readyz?verbose&exclude=journal&exclude=nothing').body).toBe(
      '[+]ping ok\n[+]journal excluded: ok\n' +
        'warn: some health checks cannot be excluded: no matches for "nothing"\nreadyz check passed\n',
    )
  })
})

describe('what is not there', () => {
  const { ask } = served()

  test('is a page not found where the group is unknown, a Status where the version is', () => {
    for (const path of ['/nothing', '/apis/nothing.io', '/apis/nothing.io/v1'])
      expect(ask(path)).toMatchObject({ code: 404, body: '404 page not found\n' })
    for (const path of ['/apis/apps/v9', '/api/v9'])
      expect(() => ask(path)).toThrow('the server could not find the requested resource')
  })

  test('is a method that a path does not have', () => {
    for (const path of ['/version', '/api', '/api/v1', '/apis/apps/v1'])
      expect(() => ask(path, { method: 'POST' })).toThrow('the server does not allow this method')
    expect(ask('/apis', { method: 'POST' }).code).toBe(200)
  })

  test('is said by name: metrics, logs, profiles, service account keys', () => {
    for (const path of ['/metrics', '/logs/', '/debug/pprof', '/openid/v1/jwks'])
      expect(() => ask(path)).toThrow('the embedded API server does not imitate')
  })
})
