import type { KubeClient } from '../kube/client.ts'
import type { Discovery } from '../kube/discovery.ts'
import { pathOf, type Resource } from '../kube/resource.ts'
import type { Clock } from '../util/clock.ts'
import { formatGvk, gvkOf } from '../util/gvk.ts'
import type { ManifestObject } from './manifest-files.ts'

export interface Cluster {
  readonly client: Pick<KubeClient, 'request'>
  readonly discovery: Discovery
  readonly clock: Clock
  /** Of objects that name none. */
  readonly namespace: string
}

/** A kind that was just defined is served within a moment; one that nobody defined never is. */
const SERVED_WITHIN_MS = 10_000
const LOOK_EACH_MS = 100

/**
 * Applies an object as kubectl apply --server-side does, waiting a moment for its kind to be served; answers what is stored.
 * errors: KubeStatusError as the API server has it, or Error for a kind that is not served
 */
export async function applyObject(cluster: Cluster, object: ManifestObject, manager: string): Promise<ManifestObject> {
  const resource = await servedResource(cluster, object)
  const { name = '', namespace = cluster.namespace } = object.metadata ?? {}
  const { text } = await cluster.client.request({
    method: 'PATCH',
    path: pathOf(resource, { namespace, name }),
    query: { fieldManager: manager, force: true },
    contentType: 'application/apply-patch+yaml',
    body: JSON.stringify(object),
  })
  return JSON.parse(text) as ManifestObject
}

/** Waits a moment for the kind of an object to be served. */
export async function servedResource({ discovery, clock }: Cluster, object: ManifestObject): Promise<Resource> {
  const gvk = gvkOf(object)
  for (const deadlineMs = clock.now() + SERVED_WITHIN_MS; ; await clock.sleep(LOOK_EACH_MS)) {
    const resource = await discovery.resolve(gvk)
    if (resource !== undefined) return resource
    if (clock.now() >= deadlineMs) throw new Error(`The API server does not serve "${formatGvk(gvk)}"`)
    discovery.invalidate()
  }
}
