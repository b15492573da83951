import type { ApiObject } from '../json.ts'
import { type ObjectClient, type ResourcePath, unlessCode } from './object-client.ts'

/** How the API server is reached from within. */
export interface ServiceAddress {
  /** The first of the service range, as on a cluster. */
  readonly clusterIP: string
  /** Where the server listens. */
  readonly port: number
}

const NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease', 'default']

/** Makes what every cluster has from its first second; what is there already is left as it is. */
export async function createBootstrapObjects(client: ObjectClient, address: ServiceAddress): Promise<void> {
  for (const name of NAMESPACES)
    await ensure(client, 'namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  await ensure(client, 'services', kubernetesService(address))
  for (const [name, value, description] of PRIORITY_CLASSES)
    await ensure(client, 'priorityclasses', priorityClass(name, value, description))
}

const RESOURCES: Readonly<Record<string, ResourcePath>> = {
  namespaces: { group: '', version: 'v1', plural: 'namespaces' },
  services: { group: '', version: 'v1', plural: 'services' },
  priorityclasses: { group: 'scheduling.k8s.io', version: 'v1', plural: 'priorityclasses' },
}

/** source: kubernetes pkg/apis/scheduling/v1/helpers.go */
const PRIORITY_CLASSES = [
  [
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ],
  [
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ],
] as const

async function ensure(client: ObjectClient, plural: string, object: ApiObject): Promise<void> {
  await unlessCode(client.create(RESOURCES[plural] as ResourcePath, object), 409)
}

function kubernetesService({ clusterIP, port }: ServiceAddress): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      clusterIP,
      clusterIPs: [clusterIP],
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }],
      sessionAffinity: 'None',
      type: 'ClusterIP',
    },
  }
}

function priorityClass(name: string, value: number, description: string): ApiObject {
  return {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    description,
    preemptionPolicy: 'PreemptLowerPriority',
  }
}
