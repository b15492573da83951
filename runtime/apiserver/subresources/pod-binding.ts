import type { ApiObject } from '../json.ts'
import { ApiError, badRequest, conflict, notFound } from '../status.ts'
import { rfc3339 } from '../timestamp.ts'
import { DONE, type SubresourceAction } from './subresource-action.ts'

interface Binding extends ApiObject {
  target?: { kind?: string; name?: string }
}

interface Pod extends ApiObject {
  spec: { nodeName?: string; schedulingGates?: unknown[] }
  status?: { conditions?: { type: string }[]; nominatedNodeName?: string }
}

/**
 * Sends a pod to a node: `pods/binding`, and `bindings` where the name is in the body.
 * source: kubernetes pkg/registry/core/pod/storage BindingREST
 */
export const podBinding: SubresourceAction = {
  async run({ namespace, name, body, isDryRun, store, nowMs }) {
    const binding = body as Binding
    if (binding.metadata.name !== name) throw badRequest('name in URL does not match name in Binding object')
    assertTarget(binding)
    const stored = store.get('/pods', namespace, name)
    if (stored === undefined) throw notFound({ group: '', resource: 'pods' }, name)
    const pod = JSON.parse(stored.text) as Pod
    assertFree(pod, binding)
    if (isDryRun) return DONE
    pod.spec.nodeName = binding.target?.name ?? ''
    merge(pod.metadata, 'annotations', binding.metadata.annotations)
    merge(pod.metadata, 'labels', binding.metadata.labels)
    const { nominatedNodeName: _, ...status } = pod.status ?? {}
    const others = (status.conditions ?? []).filter(({ type }) => type !== 'PodScheduled')
    const scheduled = { lastProbeTime: null, lastTransitionTime: rfc3339(nowMs), status: 'True', type: 'PodScheduled' }
    store.put('/pods', { ...pod, status: { ...status, conditions: [...others, scheduled] } }, stored.revision)
    return DONE
  },
}

/** kube-apiserver answers a plain error here, which is a 500. */
function assertTarget({ target }: Binding): void {
  const faults: string[] = []
  if (target?.kind !== undefined && !['', 'Node'].includes(target.kind))
    faults.push(`target.kind: Unsupported value: "${target.kind}": supported values: "Node", "<empty>"`)
  if (target?.name === undefined || target.name === '') faults.push('target.name: Required value')
  if (faults.length === 0) return
  throw new ApiError(500, undefined, faults.length === 1 ? (faults[0] as string) : `[${faults.join(', ')}]`)
}

function assertFree({ metadata, spec }: Pod, binding: Binding): void {
  const { name = '' } = metadata
  const why = (text: string) => conflict({ group: '', resource: 'pods/binding' }, name, text)
  const { uid, resourceVersion } = binding.metadata
  if (uid !== undefined && uid !== metadata.uid)
    throw why(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`)
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw why(
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`,
    )
  if (metadata.deletionTimestamp !== undefined) throw why(`pod ${name} is being deleted, cannot be assigned to a host`)
  if (spec.nodeName !== undefined && spec.nodeName !== '')
    throw why(`pod ${name} is already assigned to node "${spec.nodeName}"`)
  if ((spec.schedulingGates ?? []).length > 0) throw why(`pod ${name} has non-empty .spec.schedulingGates`)
}

function merge(
  metadata: ApiObject['metadata'],
  field: 'annotations' | 'labels',
  more: Record<string, string> | undefined,
): void {
  if (more !== undefined) metadata[field] = { ...metadata[field], ...more }
}
