import type { ApiObject } from '../../json.ts'
import { rfc3339 } from '../../timestamp.ts'
import { type ControllerContext, type RunningController, running, startLoop } from '../controller-context.ts'
import { unlessCode } from '../object-client.ts'

export interface Node extends ApiObject {
  spec?: { unschedulable?: boolean; taints?: { key: string; value?: string; effect: string }[] }
  status?: { conditions?: { type: string; status: string }[]; addresses?: { type: string; address: string }[] }
}

const NODES = { group: '', version: 'v1', plural: 'nodes' }
const NAME = 'simulated-node'
const NOT_READY = 'node.kubernetes.io/not-ready'
/** Of the documentation range: it leads nowhere. */
const ADDRESS = '192.0.2.10'

/** There is a node for pods to go to: one is made unless there is one already. */
export async function ensureNode({ store, client, clock }: ControllerContext): Promise<void> {
  if (store.count('/nodes') > 0) return
  const created = await unlessCode(client.create(NODES, node()), 409)
  if (created === undefined) return
  await unlessCode(client.update(NODES, { ...created, status: readyStatus(rfc3339(clock.now())) }, 'status'), 404, 409)
}

/**
 * Takes the taint off that every new node has, unless its status says that it is not ready: nobody else plays its kubelet.
 * source: kubernetes pkg/controller/nodelifecycle
 */
export function startNodeLifecycle(context: ControllerContext): RunningController {
  const { store, objects, client } = context
  const loop = startLoop(context, 'node-lifecycle', reconcile)
  const cancel = store.watch('/nodes', ({ stored }) => loop.add(stored.name))
  for (const { name } of store.list('/nodes')) loop.add(name)
  return running(loop, cancel)

  async function reconcile(name: string): Promise<void> {
    const found = objects.get<Node>('/nodes', '', name)
    const taints = found?.spec?.taints ?? []
    const left = taints.filter(({ key, effect }) => key !== NOT_READY || effect !== 'NoSchedule')
    const isReady = found?.status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'True'
    if (found === undefined || left.length === taints.length || isReady !== 'True') return
    const { resourceVersion = '' } = found.metadata
    await unlessCode(
      client.patch(NODES, { namespace: '', name }, { metadata: { resourceVersion }, spec: { taints: left } }),
      404,
    )
  }
}

function node(): Node {
  const labels = { 'kubernetes.io/hostname': NAME, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' }
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: NAME, labels }, spec: {} }
}

function readyStatus(now: string): object {
  const amounts = { cpu: '8', memory: '32Gi', pods: '1000', 'ephemeral-storage': '100Gi' }
  return {
    capacity: amounts,
    allocatable: amounts,
    addresses: [
      { type: 'InternalIP', address: ADDRESS },
      { type: 'Hostname', address: NAME },
    ],
    conditions: [
      condition(
        'MemoryPressure',
        'False',
        'KubeletHasSufficientMemory',
        'kubelet has sufficient memory available',
        now,
      ),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure', now),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available', now),
      condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status', now),
    ],
    nodeInfo: {
      architecture: 'amd64',
      bootID: '',
      containerRuntimeVersion: 'simulated://1',
      kernelVersion: '',
      kubeProxyVersion: '',
      kubeletVersion: 'v1.36.3',
      machineID: '',
      operatingSystem: 'linux',
      osImage: 'simulated',
      systemUUID: '',
    },
  }
}

function condition(type: string, status: string, reason: string, message: string, now: string) {
  return { type, status, reason, message, lastHeartbeatTime: now, lastTransitionTime: now }
}

export function addressOf(node: Node | undefined): string {
  return node?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? ADDRESS
}

/** Pods may be sent to it. */
export function isSchedulable({ spec, metadata }: Node): boolean {
  if (spec?.unschedulable === true || metadata.deletionTimestamp !== undefined) return false
  return !(spec?.taints ?? []).some(({ effect }) => effect === 'NoExecute' || effect === 'NoSchedule')
}
