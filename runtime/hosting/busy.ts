import type { Informers } from '../informer/informers.ts'
import type { KubeClient } from '../kube/client.ts'
import type { Discovery } from '../kube/discovery.ts'
import { pathOf } from '../kube/resource.ts'
import { formatGvk } from '../util/gvk.ts'
import type { HostedController } from './hosted-controller.ts'

export interface BusyParts {
  readonly hosted: readonly HostedController[]
  readonly informers: Informers
  readonly client: Pick<KubeClient, 'request'>
  readonly discovery: Discovery
}

/**
 * What the host still has to do for objects as they are now, one line each; empty: nothing. It asks the API server for every
 * list that it follows, so it is for tests and demonstrations. A key that waits for its time (a requeue, a retry) is at rest.
 */
export async function findBusy(parts: BusyParts): Promise<string[]> {
  const before = busyControllers(parts.hosted)
  if (before.length > 0) return before
  const late = await Promise.all(parts.informers.all().map((shared) => lateInformer(parts, shared)))
  // What came while the lists were read is at work by now.
  return [...late.flat(), ...busyControllers(parts.hosted)]
}

function busyControllers(hosted: readonly HostedController[]): string[] {
  return hosted.flatMap(({ config: { name }, controller, state }) => {
    if (state.state !== 'Running') return [`${name} is ${state.state}${state.message ? `: ${state.message}` : ''}`]
    return controller.isIdle ? [] : [`${name} has ${controller.depth} keys queued and ${controller.running} running`]
  })
}

/** The cache has not seen what the API server answers. */
async function lateInformer(
  { client, discovery }: BusyParts,
  { spec, informer }: ReturnType<Informers['all']>[number],
): Promise<string[]> {
  const { gvk, namespace, labelSelector, fieldSelector, identity } = spec
  const resource = await discovery.resolve(gvk)
  if (resource === undefined) return []
  const query = { labelSelector, fieldSelector }
  const { text } = await client.request({ method: 'GET', path: pathOf(resource, { namespace }), query, as: identity })
  const { items } = JSON.parse(text) as { items: { metadata: { uid: string; resourceVersion: string } }[] }
  const versionOf = (entry: { uid: string; resourceVersion: string }) => `${entry.uid} ${entry.resourceVersion}`
  const cached = new Set(informer.lister.list().map(versionOf))
  const isSame = items.length === cached.size && items.every(({ metadata }) => cached.has(versionOf(metadata)))
  return isSame ? [] : [`the cache of ${formatGvk(gvk)} is behind the API server`]
}
