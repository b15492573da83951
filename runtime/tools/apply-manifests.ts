import { RuntimeError } from '../errors.ts'
import type { KubeClient } from '../kube/client.ts'
import type { Discovery } from '../kube/discovery.ts'
import { pathOf, type Resource } from '../kube/resource.ts'
import type { Clock } from '../util/clock.ts'
import { formatGvk, gvkOf } from '../util/gvk.ts'
import { messageOf } from '../util/message-of.ts'
import type { Manifest, ManifestObject } from './manifest-files.ts'

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
 * Applies objects in their order, and tells of each once it is stored.
 * errors: RuntimeError CONFIG_INVALID for what the API server refuses or does not serve, with its place
 */
export async function applyManifests(
  cluster: Cluster,
  manifests: readonly Manifest[],
  manager: string,
  onApplied: (manifest: Manifest) => void = () => {},
): Promise<void> {
  for (const manifest of manifests) {
    await applyManifest(cluster, manifest, manager)
    onApplied(manifest)
  }
}

async function applyManifest(cluster: Cluster, { file, line, object }: Manifest, manager: string): Promise<void> {
  try {
    await applyObject(cluster, object, manager)
  } catch (cause) {
    const message = `Cannot apply ${object.kind} "${object.metadata?.name ?? ''}": ${messageOf(cause)}`
    const faults = [{ file, line, column: 1, message }]
    throw new RuntimeError('CONFIG_INVALID', `${message} (${file}:${line})`, { cause, faults })
  }
}

/**
 * Applies an object as kubectl apply --server-side does, waiting a moment for its kind to be served; answers what is stored.
 * errors: KubeStatusError as the API server has it, RuntimeError KIND_NOT_FOUND, REQUEST_INVALID for one without a name
 */
export async function applyObject(cluster: Cluster, object: ManifestObject, manager: string): Promise<ManifestObject> {
  const resource = await servedResource(cluster, object)
  const { name, namespace = cluster.namespace } = object.metadata ?? {}
  if (name === undefined || name === '') throw new RuntimeError('REQUEST_INVALID', 'metadata.name is missing')
  const { text } = await cluster.client.request({
    method: 'PATCH',
    path: pathOf(resource, { namespace, name }),
    query: { fieldManager: manager, force: true },
    contentType: 'application/apply-patch+yaml',
    body: JSON.stringify(object),
  })
  return JSON.parse(text) as ManifestObject
}

/** Waits a moment for the kind of an object to be served. Errors: RuntimeError KIND_NOT_FOUND. */
export async function servedResource({ discovery, clock }: Cluster, object: ManifestObject): Promise<Resource> {
  const gvk = gvkOf(object)
  for (const deadlineMs = clock.now() + SERVED_WITHIN_MS; ; await clock.sleep(LOOK_EACH_MS)) {
    const resource = await discovery.resolve(gvk)
    if (resource !== undefined) return resource
    if (clock.now() >= deadlineMs) throw new RuntimeError('KIND_NOT_FOUND', notServed(object))
    discovery.invalidate()
  }
}

export function notServed(object: ManifestObject): string {
  const gvk = formatGvk(gvkOf(object))
  return `The API server does not serve "${gvk}"; a kind of your own needs its CustomResourceDefinition among the config's crds`
}
