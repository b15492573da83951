import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { type ControllerBench, startControllerBench } from './controller-bench.ts'

const APPS = '/apis/apps/v1/namespaces/default'
const CORE = '/api/v1/namespaces/default'
const container = (image = 'nginx') => ({ name: 'c', image, ports: [{ name: 'http', containerPort: 8080 }] })
const template = (image?: string, more: object = {}) => ({
  metadata: { labels: { app: 'web' } },
  spec: { restartPolicy: 'Always', containers: [container(image)], ...more },
})
const spec = (replicas: number, more: object = {}) => ({
  replicas,
  selector: { matchLabels: { app: 'web' } },
  template: template(),
  ...more,
})
const object = (apiVersion: string, kind: string, name: string, body: object): object => ({
  apiVersion,
  kind,
  metadata: { name },
  spec: body,
})
const deployment = (replicas: number, more?: object) => object('apps/v1', 'Deployment', 'web', spec(replicas, more))

const pods = (bench: ControllerBench) => bench.list('/pods', 'default')
const statusOf = (found: ApiObject | undefined) => found?.status as Record<string, unknown>
const phases = (bench: ControllerBench) => pods(bench).map((pod) => statusOf(pod)?.phase)
const conditions = (found: ApiObject | undefined) =>
  Object.fromEntries(
    ((statusOf(found)?.conditions ?? []) as { type: string; status: string; reason: string }[]).map((condition) => [
      condition.type,
      `${condition.status} ${condition.reason}`,
    ]),
  )

describe('a simulated Deployment', () => {
  test('gets a ReplicaSet and pods, which start, and becomes available', async () => {
    const bench = await startControllerBench('workloads')
    await bench.send('POST', `${APPS}/deployments`, deployment(3))
    expect(phases(bench)).toEqual(['Pending', 'Pending', 'Pending'])
    const web = () => bench.get('apps/deployments', 'default', 'web')
    expect(conditions(web())).toEqual({
      Available: 'False MinimumReplicasUnavailable',
      Progressing: 'True ReplicaSetUpdated',
    })
    await bench.advance(1000)
    expect(statusOf(web())).toMatchObject({
      observedGeneration: web()?.metadata.generation,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
    })
    expect(conditions(web())).toEqual({
      Available: 'True MinimumReplicasAvailable',
      Progressing: 'True NewReplicaSetAvailable',
    })
    expect(web()?.metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' })
    const [set] = bench.list('apps/replicasets', 'default')
    const hash = set?.metadata.labels?.['pod-template-hash'] as string
    expect(set?.metadata.name).toBe(`web-${hash}`)
    expect(pods(bench).every(({ metadata }) => metadata.labels?.['pod-template-hash'] === hash)).toBe(true)
    expect(bench.errors).toEqual([])
  })

  test('comes to rest: nothing is written once it is available', async () => {
    const bench = await startControllerBench('workloads')
    await bench.send('POST', `${APPS}/deployments`, deployment(3))
    await bench.advance(2000)
    const { revision } = bench.store
    await bench.advance(60_000)
    expect(bench.store.revision).toBe(revision)
  })

  test('rolls out a new template without ever falling below or rising above its bounds', async () => {
    const bench = await startControllerBench('workloads')
    await bench.send('POST', `${APPS}/deployments`, deployment(4))
    await bench.advance(1000)
    const wanted: number[] = []
    const ready: number[] = []
    bench.store.watch('apps/replicasets', () => {
      const sets = bench.list('apps/replicasets', 'default')
      wanted.push(sets.reduce((total, set) => total + (set.spec as { replicas: number }).replicas, 0))
    })
    bench.store.watch('/pods', () => {
      const standing = pods(bench).filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      ready.push(standing.filter((pod) => conditions(pod).Ready?.startsWith('True') === true).length)
    })
    await bench.send('PATCH', `${APPS}/deployments/web`, { spec: { template: template('nginx:2') } })
    await bench.advance(5000)
    expect(Math.max(...wanted)).toBe(5)
    expect(Math.min(...ready)).toBe(3)
    const images = pods(bench).map((pod) => (pod.spec as { containers: { image: string }[] }).containers[0]?.image)
    expect(images).toEqual(['nginx:2', 'nginx:2', 'nginx:2', 'nginx:2'])
    const web = bench.get('apps/deployments', 'default', 'web')
    expect(web?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2')
    expect(conditions(web).Progressing).toBe('True NewReplicaSetAvailable')
  })

  test('has no old pod left before the first new one comes, with strategy Recreate', async () => {
    const bench = await startControllerBench('workloads')
    await bench.send('POST', `${APPS}/deployments`, deployment(2, { strategy: { type: 'Recreate' } }))
    await bench.advance(1000)
    let mixed = false
    bench.store.watch('/pods', () => {
      const images = pods(bench).map((pod) => JSON.stringify((pod.spec as { containers: unknown }).containers))
      mixed ||= new Set(images).size > 1
    })
    await bench.send('PATCH', `${APPS}/deployments/web`, { spec: { template: template('nginx:2') } })
    await bench.advance(5000)
    expect(mixed).toBe(false)
    expect(statusOf(bench.get('apps/deployments', 'default', 'web'))).toMatchObject({
      updatedReplicas: 2,
      readyReplicas: 2,
    })
  })

  test('goes back to an old ReplicaSet when its template comes back, as a new revision', async () => {
    const bench = await startControllerBench('workloads')
    await bench.send('POST', `${APPS}/deployments`, deployment(1))
    await bench.advance(1000)
    await bench.send('PATCH', `${APPS}/deployments/web`, { spec: { template: template('nginx:2') } })
    await bench.advance(3000)
    await bench.send('PATCH', `${APPS}/deployments/web`, { spec: { template: template() } })
    await bench.advance(3000)
    const revisions = bench
      .list('apps/replicasets', 'default')
      .map(({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision'])
    expect(revisions.sort()).toEqual(['2', '3'])
  })

  test('says that it makes no progress when its pods never become ready', async () => {
    const bench = await startControllerBench('workloads')
    const stuck = {
      ...template(),
      metadata: { labels: { app: 'web' }, annotations: { 'simulate.ostler.dev/pod': 'unready' } },
    }
    await bench.send('POST', `${APPS}/deployments`, deployment(1, { progressDeadlineSeconds: 10, template: stuck }))
    await bench.advance(9000)
    const web = () => bench.get('apps/deployments', 'default', 'web')
    expect(conditions(web()).Progressing).toBe('True ReplicaSetUpdated')
    await bench.advance(4000)
    expect(conditions(web()).Progressing).toBe('False ProgressDeadlineExceeded')
  })

  test('is scaled, up and down', async () => {
    const bench = await startControllerBench('workloads')
    await bench.send('POST', `${APPS}/deployments`, deployment(1))
    await bench.advance(1000)
    await bench.send('PATCH', `${APPS}/deployments/web`, { spec: { replicas: 4 } })
    await bench.advance(1000)
    expect(phases(bench)).toEqual(['Running', 'Running', 'Running', 'Running'])
    await bench.send('PATCH', `${APPS}/deployments/web`, { spec: { replicas: 0 } })
    await bench.advance(1000)
    expect(phases(bench)).toEqual([])
  })

  test('takes everything that it made with it', async () => {
    const bench = await startControllerBench('workloads')
    await bench.send('POST', `${APPS}/deployments`, deployment(2))
    await bench.advance(1000)
    await bench.send('DELETE', `${APPS}/deployments/web`, { propagationPolicy: 'Foreground' })
    await bench.advance(1000)
    expect([bench.list('apps/deployments'), bench.list('apps/replicasets'), pods(bench)]).toEqual([[], [], []])
    expect(bench.errors).toEqual([])
  })
})

describe('a simulated pod', () => {
  test('is sent to the node, starts, has an address, and stops within its grace period', async () => {
    const bench = await startControllerBench('workloads')
    await bench.send('POST', `${CORE}/pods`, object('v1', 'Pod', 'p', template().spec))
    const [starting] = pods(bench)
    expect(starting?.spec).toMatchObject({ nodeName: 'simulated-node' })
    expect(statusOf(starting)).toMatchObject({
      phase: 'Pending',
      containerStatuses: [{ ready: false, state: { waiting: { reason: 'ContainerCreating' } } }],
    })
    await bench.advance(500)
    expect(statusOf(pods(bench)[0])).toMatchObject({
      phase: 'Running',
      podIP: '10.244.0.1',
      containerStatuses: [{ ready: true, restartCount: 0 }],
    })
    await bench.send('DELETE', `${CORE}/pods/p`, {})
    expect(pods(bench)[0]?.metadata.deletionTimestamp).toBeDefined()
    await bench.advance(500)
    expect(pods(bench)).toEqual([])
  })
})

describe('a simulated StatefulSet', () => {
  const stateful = (replicas: number, more: object = {}) =>
    object('apps/v1', 'StatefulSet', 'db', spec(replicas, { serviceName: 'db', ...more }))

  test('gets numbered pods one after the other, each with its claim bound to a volume', async () => {
    const bench = await startControllerBench('workloads')
    const claims = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }
    const volumeClaimTemplates = [{ metadata: { name: 'data' }, ...claims }]
    await bench.send('POST', `${APPS}/statefulsets`, stateful(3, { volumeClaimTemplates }))
    const names = () => pods(bench).map(({ metadata }) => metadata.name)
    expect(names()).toEqual(['db-0'])
    await bench.advance(500)
    expect(names()).toEqual(['db-0', 'db-1'])
    await bench.advance(2000)
    expect(names()).toEqual(['db-0', 'db-1', 'db-2'])
    const bound = bench.list('/persistentvolumeclaims', 'default')
    expect(bound.map((claim) => [claim.metadata.name, statusOf(claim).phase])).toEqual([
      ['data-db-0', 'Bound'],
      ['data-db-1', 'Bound'],
      ['data-db-2', 'Bound'],
    ])
    const status = statusOf(bench.get('apps/statefulsets', 'default', 'db'))
    expect(status).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3, updatedReplicas: 3 })
    expect(status.currentRevision).toBe(status.updateRevision)
    expect(bench.errors).toEqual([])
  })

  test('replaces its pods from the last to the first, and ends with the highest when it shrinks', async () => {
    const bench = await startControllerBench('workloads')
    await bench.send('POST', `${APPS}/statefulsets`, stateful(2))
    await bench.advance(2000)
    const gone: string[] = []
    bench.store.watch('/pods', ({ type, stored }) => void (type === 'DELETED' && gone.push(stored.name)))
    await bench.send('PATCH', `${APPS}/statefulsets/db`, { spec: { template: template('nginx:2') } })
    await bench.advance(5000)
    await bench.send('PATCH', `${APPS}/statefulsets/db`, { spec: { replicas: 0 } })
    await bench.advance(5000)
    expect(gone).toEqual(['db-1', 'db-0', 'db-1', 'db-0'])
  })
})

describe('a simulated DaemonSet', () => {
  test('has a pod on each node, and on one that comes later', async () => {
    const bench = await startControllerBench('workloads')
    await bench.send(
      'POST',
      `${APPS}/daemonsets`,
      object('apps/v1', 'DaemonSet', 'd', { ...spec(1), replicas: undefined }),
    )
    await bench.advance(1000)
    await bench.send('POST', '/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'second' },
      spec: {},
    })
    await bench.advance(1000)
    const nodes = pods(bench).map((pod) => (pod.spec as { nodeName: string }).nodeName)
    expect(nodes.sort()).toEqual(['second', 'simulated-node'])
    expect(statusOf(bench.get('apps/daemonsets', 'default', 'd'))).toMatchObject({
      desiredNumberScheduled: 2,
      numberReady: 2,
      numberAvailable: 2,
      updatedNumberScheduled: 2,
    })
  })
})

describe('a simulated Job', () => {
  const job = (more: object = {}, annotations: object = {}) => {
    const uid = { matchLabels: { job: 'j' } }
    const pod = {
      metadata: { labels: { job: 'j' }, annotations },
      spec: { restartPolicy: 'Never', containers: [container()] },
    }
    return object('batch/v1', 'Job', 'j', { completions: 2, parallelism: 1, selector: uid, template: pod, ...more })
  }
  const JOBS = '/apis/batch/v1/namespaces/default/jobs'

  test('runs its pods to their end, so many at a time, and is complete', async () => {
    const bench = await startControllerBench('workloads')
    await bench.send('POST', JOBS, job())
    expect(pods(bench)).toHaveLength(1)
    await bench.advance(5000)
    expect(phases(bench)).toEqual(['Succeeded', 'Succeeded'])
    const found = bench.get('batch/jobs', 'default', 'j')
    expect(statusOf(found)).toMatchObject({ succeeded: 2, ready: 0, uncountedTerminatedPods: {} })
    expect(conditions(found)).toEqual({
      SuccessCriteriaMet: 'True CompletionsReached',
      Complete: 'True CompletionsReached',
    })
    expect(pods(bench).every(({ metadata }) => (metadata.finalizers ?? []).length === 0)).toBe(true)
    expect(bench.errors).toEqual([])
  })

  test('fails when more pods failed than its backoffLimit allows', async () => {
    const bench = await startControllerBench('workloads')
    await bench.send('POST', JOBS, job({ backoffLimit: 1 }, { 'simulate.ostler.dev/pod': 'fail' }))
    await bench.advance(8000)
    const found = bench.get('batch/jobs', 'default', 'j')
    expect(conditions(found).Failed).toBe('True BackoffLimitExceeded')
    expect(statusOf(found).failed).toBe(2)
  })

  test('completes each index once, with completionMode Indexed', async () => {
    const bench = await startControllerBench('workloads')
    await bench.send('POST', JOBS, job({ completions: 4, parallelism: 2, completionMode: 'Indexed' }))
    await bench.advance(6000)
    expect(statusOf(bench.get('batch/jobs', 'default', 'j'))).toMatchObject({ succeeded: 4, completedIndexes: '0-3' })
  })

  test('leaves no pod behind when it is deleted in the background while they run', async () => {
    const bench = await startControllerBench('workloads')
    await bench.send('POST', JOBS, job())
    await bench.advance(700)
    await bench.send('DELETE', `${JOBS}/j`, { propagationPolicy: 'Background' })
    await bench.advance(1000)
    expect(pods(bench)).toEqual([])
  })

  test('is gone with its pods once ttlSecondsAfterFinished has passed', async () => {
    const bench = await startControllerBench('workloads')
    await bench.send('POST', JOBS, job({ ttlSecondsAfterFinished: 5 }))
    await bench.advance(4000)
    expect(bench.list('batch/jobs')).toHaveLength(1)
    await bench.advance(8000)
    expect([bench.list('batch/jobs'), pods(bench)]).toEqual([[], []])
  })
})

describe('a simulated Service', () => {
  test('lists the ready pods that it selects, by name of port, in an EndpointSlice and in Endpoints', async () => {
    const bench = await startControllerBench('workloads')
    const service = { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] }
    await bench.send('POST', `${CORE}/services`, object('v1', 'Service', 'web', service))
    await bench.send('POST', `${APPS}/deployments`, deployment(2))
    await bench.advance(1000)
    const [slice] = bench.list('discovery.k8s.io/endpointslices', 'default')
    expect(slice).toMatchObject({
      metadata: {
        labels: { 'kubernetes.io/service-name': 'web' },
        ownerReferences: [{ kind: 'Service', name: 'web' }],
      },
      ports: [{ port: 8080, protocol: 'TCP' }],
    })
    expect(slice?.endpoints).toMatchObject([{ conditions: { ready: true } }, { conditions: { ready: true } }])
    const endpoints = bench.get('/endpoints', 'default', 'web')
    expect(endpoints?.subsets).toMatchObject([{ addresses: [{ ip: '10.244.0.1' }, { ip: '10.244.0.2' }] }])
  })
})

describe('a simulated PodDisruptionBudget', () => {
  test('lets so many pods be evicted and no more, until others are ready', async () => {
    const bench = await startControllerBench('workloads')
    await bench.send('POST', `${APPS}/deployments`, deployment(3))
    await bench.advance(1000)
    const budget = { minAvailable: 2, selector: { matchLabels: { app: 'web' } } }
    await bench.send(
      'POST',
      '/apis/policy/v1/namespaces/default/poddisruptionbudgets',
      object('policy/v1', 'PodDisruptionBudget', 'b', budget),
    )
    const found = () => statusOf(bench.get('policy/poddisruptionbudgets', 'default', 'b'))
    expect(found()).toMatchObject({ disruptionsAllowed: 1, currentHealthy: 3, desiredHealthy: 2, expectedPods: 3 })
    const [first, second] = pods(bench).map(({ metadata }) => metadata.name)
    const evict = (name = '') => {
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } }
      return bench.send('POST', `${CORE}/pods/${name}/eviction`, eviction)
    }
    await evict(first)
    await expect(evict(second)).rejects.toThrow('The disruption budget b needs 2 healthy pods and has 2 currently')
    await bench.advance(2000)
    expect(found()).toMatchObject({ disruptionsAllowed: 1, currentHealthy: 3 })
    await evict(second)
  })
})

describe('a simulated cluster', () => {
  test('takes the taint of new nodes off those that are not said to be unready', async () => {
    const bench = await startControllerBench('workloads')
    const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }
    const own = { key: 'e.com/own', effect: 'NoSchedule' }
    const node = (name: string, status: object) => ({
      ...object('v1', 'Node', name, { taints: [notReady, own] }),
      status,
    })
    await bench.send('POST', '/api/v1/nodes', node('plain', {}))
    await bench.send('POST', '/api/v1/nodes', node('down', { conditions: [{ type: 'Ready', status: 'False' }] }))
    const taints = (name: string) => (bench.get('/nodes', '', name)?.spec as { taints?: object[] } | undefined)?.taints
    expect(taints('plain')).toEqual([own])
    expect(taints('down')).toEqual([notReady, own])
    expect(bench.errors).toEqual([])
  })
})
