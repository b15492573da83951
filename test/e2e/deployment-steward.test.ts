import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { describeWithControllers } from '../control-plane/describe-on-control-plane.ts'
import { type FaultyProxy, startFaultyProxy } from '../control-plane/faulty-proxy.ts'
import { type HostProcess, startHost } from './host-process.ts'
import { type LogLine, logLines } from './log-lines.ts'
import { createProject, type Project } from './project.ts'

const CONFIG_DIR = resolve(import.meta.dirname, '../../config')
const CRD = join(CONFIG_DIR, 'crd/deployment-steward.yaml')
const SAMPLE = join(CONFIG_DIR, 'samples/steward.yaml')
const NODE = 'node-by-hand'
const PODS = '/api/v1/namespaces/default/pods'
const DEPLOYMENT = '/apis/apps/v1/namespaces/default/deployments/example'
const STEWARD = '/apis/steward.ostler.dev/v1/namespaces/default/stewards/example'
const WITHIN = { timeout: 60_000, interval: 200 }

describeWithControllers('The deployment-steward controller', () => {
  let controlPlane: ControlPlane
  let proxy: FaultyProxy
  let kubeconfig: string
  let project: Project
  let host: HostProcess

  beforeAll(async () => {
    controlPlane = await startControlPlane({
      controllers: true,
      users: ['steward'],
      audit: { level: 'Request', resources: [{ group: 'apps', resources: ['deployments'] }] },
    })
    // The config's allow, and what the host does by itself: no more is needed.
    await controlPlane.grant('steward', [
      { apiGroups: ['steward.ostler.dev'], resources: ['stewards'], verbs: ['get', 'list', 'watch', 'patch'] },
      { apiGroups: ['steward.ostler.dev'], resources: ['stewards/status'], verbs: ['patch'] },
      {
        apiGroups: ['apps'],
        resources: ['deployments'],
        verbs: ['get', 'list', 'watch', 'create', 'update', 'delete'],
      },
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
    ])
    proxy = await startFaultyProxy({ url: controlPlane.url, token: controlPlane.tokenFor('steward') })
    kubeconfig = join(controlPlane.dir, 'proxy.kubeconfig')
    proxy.writeKubeconfig(kubeconfig)
    await controlPlane.request('POST', '/api/v1/nodes', { metadata: { name: NODE } })
    await controlPlane.kubectl(['apply', '-f', CRD])
    await controlPlane.kubectl(['wait', '--for', 'condition=Established', '-f', CRD])
  })

  afterAll(async () => {
    await proxy?.close()
    await controlPlane?.stop()
  })

  beforeEach(async () => {
    project = createProject()
    host = await startHost({ project: ownConfig(), kubeconfig })
    await host.waitForLog(/deployment-steward[^\n]*Cache synced/)
    await controlPlane.kubectl(['apply', '-f', SAMPLE])
    await vi.waitFor(async () => expect(await pods()).toHaveLength(2), WITHIN)
  })

  afterEach(async () => {
    for (const kind of ['steward', 'deployment', 'replicaset'])
      await controlPlane.kubectl(['delete', kind, '--all', '--wait=false'])
    await vi.waitFor(async () => {
      await endPods(await pods())
      expect(await pods()).toEqual([])
      expect([await deployment(), await steward()]).toEqual([undefined, undefined])
    }, WITHIN)
    // Before that, nobody would take the finalizer off the Steward.
    await project.remove()
  })

  async function get<T>(path: string): Promise<T | undefined> {
    const { status, body } = await controlPlane.request('GET', path)
    return status === 404 ? undefined : (body as T)
  }

  const ownConfig = () => ({ ...project, config: join(CONFIG_DIR, 'ostler.yaml') })
  const deployment = () => get<Deployment>(DEPLOYMENT)
  const pods = async () => (await get<{ items: Pod[] }>(PODS))?.items ?? []
  const replicaSets = async () =>
    (await get<{ items: { metadata: object }[] }>('/apis/apps/v1/namespaces/default/replicasets'))?.items ?? []
  const steward = () => get<{ metadata: { finalizers?: string[] }; status?: Status }>(STEWARD)
  const change = (spec: object) => controlPlane.request('PATCH', STEWARD, { spec })
  const status = async () => (await steward())?.status
  const reason = async () => (await status())?.conditions[0]?.reason

  /** What a scheduler and a kubelet would do for these pods. */
  async function runPods(): Promise<void> {
    const running = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
    for (const { metadata, spec, status } of await pods()) {
      if (metadata.deletionTimestamp !== undefined || status.phase === 'Running') continue
      const binding = { metadata: { name: metadata.name }, target: { kind: 'Node', name: NODE } }
      if (spec.nodeName === undefined) await controlPlane.request('POST', `${PODS}/${metadata.name}/binding`, binding)
      await controlPlane.request('PATCH', `${PODS}/${metadata.name}/status`, { status: running })
    }
  }

  async function endPods(ending: readonly Pod[]): Promise<void> {
    const now = { gracePeriodSeconds: 0 }
    await Promise.all(ending.map(({ metadata }) => controlPlane.request('DELETE', `${PODS}/${metadata.name}`, now)))
  }

  /** Plays the kubelet until the Deployment is rolled out and the Steward says so. */
  const untilReady = (image: string) =>
    vi.waitFor(async () => {
      await runPods()
      await endPods((await pods()).filter(({ metadata }) => metadata.deletionTimestamp !== undefined))
      const { pods: reported = [], ...rest } = (await status()) ?? {}
      expect(rest).toMatchObject({ conditions: [{ type: 'Ready', status: 'True', reason: 'PodsReady' }] })
      expect(reported.map((pod) => `${pod.phase} ${pod.image}`)).toContain(`Running ${image}`)
      // A pod that is still going counts for no Deployment.
      expect(reported.map(({ phase }) => phase)).not.toContain('Terminating')
      return reported
    }, WITHIN)

  test('changes image and replicas while somebody else writes the same object, and reports the pods', async () => {
    await untilReady('registry.k8s.io/pause:3.10')
    for (const version of [1, 2]) {
      // Between a read and a write of its own comes one of somebody else.
      const held = proxy.holdOnce(({ kind, path }) => kind === 'update' && path === DEPLOYMENT)
      await change({ image: `registry.example/web:${version}`, replicas: 1 + version })
      const { release } = await held
      await annotate(version)
      release()
      await vi.waitFor(async () => expect(imageOf(await deployment())).toBe(`registry.example/web:${version}`), WITHIN)
    }
    const conflicts = (await controlPlane.auditEvents()).filter(
      ({ verb, user, responseStatus }) =>
        verb === 'update' && user.username === 'steward' && responseStatus?.code === 409,
    )
    expect(conflicts.length).toBeGreaterThanOrEqual(2)

    const { metadata, spec } = (await deployment()) as Deployment
    expect(spec.replicas).toBe(3)
    expect(metadata.annotations?.writes).toBe('2')
    expect(await untilReady('registry.example/web:2')).toHaveLength(3)
    expect(errors(host)).toEqual([])
  })

  async function annotate(writes: number): Promise<void> {
    const body = { metadata: { annotations: { writes: `${writes}` } } }
    expect(await controlPlane.request('PATCH', DEPLOYMENT, body)).toMatchObject({ status: 200 })
  }

  test('Absent with Foreground: the Deployment goes after its pods, which get their grace period', async () => {
    await untilReady('registry.k8s.io/pause:3.10')
    await change({ state: 'Absent' })
    await vi.waitFor(async () => {
      expect(await reason()).toBe('Deleting')
      expect((await status())?.pods.map(({ phase }) => phase)).toEqual(['Terminating', 'Terminating'])
    }, WITHIN)
    expect((await deployment())?.metadata.finalizers).toContain('foregroundDeletion')
    expect((await pods()).map(({ metadata }) => metadata.deletionGracePeriodSeconds)).toEqual([5, 5])
    expect(await deleteOptions()).toMatchObject({ propagationPolicy: 'Foreground', gracePeriodSeconds: 5 })

    await endPods(await pods())
    await vi.waitFor(async () => expect(await reason()).toBe('Absent'), WITHIN)
    expect(await deployment()).toBeUndefined()
    expect(await status()).toMatchObject({ readyReplicas: 0, pods: [] })

    await change({ state: 'Present' })
    await vi.waitFor(async () => expect(await pods()).toHaveLength(2), WITHIN)
    expect(errors(host)).toEqual([])
  })

  test('deleted with Foreground while no host runs, it stays until the next one has taken the Deployment along', async () => {
    await untilReady('registry.k8s.io/pause:3.10')
    await host.stop()
    await controlPlane.kubectl(['delete', 'steward', 'example', '--wait=false'])
    expect((await steward())?.metadata.finalizers).toEqual(['ostler.dev/deployment-steward'])
    host = await startHost({ project: ownConfig(), kubeconfig })
    await vi.waitFor(async () => expect(await reason()).toBe('Deleting'), WITHIN)
    expect(await deleteOptions()).toMatchObject({ propagationPolicy: 'Foreground', gracePeriodSeconds: 5 })
    await vi.waitFor(async () => {
      await endPods(await pods())
      expect([await deployment(), await steward()]).toEqual([undefined, undefined])
    }, WITHIN)
    expect(errors(host)).toEqual([])
  })

  test('deleted with Orphan, it leaves the pods, which the next one of its name takes over', async () => {
    await untilReady('registry.k8s.io/pause:3.10')
    const before = (await pods()).map(({ metadata }) => metadata.name)
    await change({ deletion: { propagationPolicy: 'Orphan' } })
    await controlPlane.kubectl(['delete', 'steward', 'example'])
    await vi.waitFor(async () => expect(await deployment()).toBeUndefined(), WITHIN)
    await vi.waitFor(async () => expect(ownersOf(await replicaSets())).toEqual([]), WITHIN)
    expect((await pods()).map(({ metadata }) => metadata.name)).toEqual(before)

    await controlPlane.kubectl(['apply', '-f', SAMPLE])
    await vi.waitFor(async () => expect(ownersOf(await replicaSets())).toEqual(['Deployment']), WITHIN)
    await untilReady('registry.k8s.io/pause:3.10')
    expect((await pods()).map(({ metadata }) => metadata.name)).toEqual(before)
    expect(errors(host)).toEqual([])
  })

  test('deleted with Background, it is followed by the Deployment at once, and by the pods in their time', async () => {
    await untilReady('registry.k8s.io/pause:3.10')
    await change({ deletion: { propagationPolicy: 'Background' } })
    await controlPlane.kubectl(['delete', 'steward', 'example'])
    await vi.waitFor(async () => expect(await deployment()).toBeUndefined(), WITHIN)
    expect(await pods()).toHaveLength(2)
    await vi.waitFor(async () => {
      expect((await pods()).every(({ metadata }) => metadata.deletionTimestamp !== undefined)).toBe(true)
    }, WITHIN)
    expect(await replicaSets()).toEqual([])
    expect(await deleteOptions()).toMatchObject({ propagationPolicy: 'Background', gracePeriodSeconds: 5 })
    expect(errors(host)).toEqual([])
  })

  /** Of the last request of the host to delete the Deployment. */
  async function deleteOptions(): Promise<unknown> {
    const events = await controlPlane.auditEvents()
    return events.findLast(({ verb, user }) => verb === 'delete' && user.username === 'steward')?.requestObject
  }
})

interface Deployment {
  readonly metadata: { readonly annotations?: Record<string, string>; readonly finalizers?: string[] }
  readonly spec: { readonly replicas: number; readonly template: { spec: { containers: { image: string }[] } } }
}

interface Pod {
  readonly metadata: { readonly name: string; deletionTimestamp?: string; deletionGracePeriodSeconds?: number }
  readonly spec: { readonly nodeName?: string }
  readonly status: { readonly phase: string }
}

interface Status {
  readonly pods: { readonly name: string; readonly phase: string; readonly image: string }[]
  readonly conditions: { readonly reason: string }[]
}

function imageOf(deployment: Deployment | undefined): string | undefined {
  return deployment?.spec.template.spec.containers[0]?.image
}

function ownersOf(objects: readonly { metadata: { ownerReferences?: { kind: string }[] } }[]): string[] {
  return objects.flatMap(({ metadata }) => (metadata.ownerReferences ?? []).map(({ kind }) => kind))
}

/** The other controllers of the config have no rights here, and say so. */
function errors(host: HostProcess): LogLine[] {
  return logLines(host.log()).filter(
    ({ level, controller }) => level === 'error' && controller === 'deployment-steward',
  )
}
