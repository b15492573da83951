import { Agent, fetch } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDiscovery } from '../../../runtime/apiserver/discovery/discovery.ts'
import { createBuiltInRegistry } from '../../../runtime/apiserver/kinds/load.ts'
import { type ControlPlane, startControlPlane } from '../../control-plane/control-plane.ts'
import { describeOnRealServer } from '../../control-plane/describe-on-control-plane.ts'

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
/** Groups that the embedded server does not have. */
const LEFT_OUT = new Set([
  'certificates.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'node.k8s.io',
  'resource.k8s.io',
  'internal.apiserver.k8s.io',
  'storagemigration.k8s.io',
])

describeOnRealServer('discovery next to the real one', () => {
  let controlPlane: ControlPlane
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  const discovery = createDiscovery({ registry: createBuiltInRegistry(), serverAddress: () => 'unknown' })
  beforeAll(async () => {
    controlPlane = await startControlPlane({ server: 'real' })
  }, 90_000)
  afterAll(() => controlPlane?.stop())

  async function both(path: string, accept = 'application/json') {
    const headers = { authorization: `Bearer ${controlPlane.token}`, accept }
    const response = await fetch(new URL(path, controlPlane.url), { dispatcher, headers })
    const text = await response.text()
    const query = new URLSearchParams()
    const own = discovery.answer({ method: 'GET', path, query, accept, ifNoneMatch: undefined })
    return {
      real: { code: response.status, type: response.headers.get('content-type'), text },
      own: { code: own.code, type: own.headers['content-type'], text: String(own.body) },
    }
  }

  test('/version, groups and resource lists are the same', async () => {
    const paths = ['/version', '/api/v1']
    const groups = JSON.parse((await both('/apis')).own.text) as {
      groups: { name: string; versions: { groupVersion: string }[] }[]
    }
    for (const { name, versions } of groups.groups) {
      paths.push(`/apis/${name}`, ...versions.map(({ groupVersion }) => `/apis/${groupVersion}`))
    }
    for (const path of paths) {
      const { real, own } = await both(path)
      const [expected, actual] = [real, own].map(({ code, type, text }) => ({
        code,
        type,
        body: JSON.parse(text) as object,
      }))
      expect(actual, path).toEqual(expected)
    }
  }, 60_000)

  test('/apis and aggregated discovery are the same but for the groups left out', async () => {
    type Named = { name?: string; metadata?: { name?: string } }
    const kept = (text: string): unknown[] => {
      const { groups, items = groups ?? [] } = JSON.parse(text) as { groups?: Named[]; items?: Named[] }
      return items.filter(({ name, metadata }) => !LEFT_OUT.has(name ?? metadata?.name ?? ''))
    }
    for (const [path, accept] of [['/apis'], ['/apis', AGGREGATED], ['/api', AGGREGATED]] as const) {
      const { real, own } = await both(path, accept)
      expect(kept(own.text), `${path} ${accept}`).toEqual(kept(real.text))
      expect(own.type).toBe(real.type)
    }
  }, 60_000)

  test('what is not there is answered alike', async () => {
    for (const path of ['/nothing', '/apis/nothing.io', '/livez/nothing']) {
      const { real, own } = await both(path)
      expect(own, path).toEqual(real)
    }
  })
})
