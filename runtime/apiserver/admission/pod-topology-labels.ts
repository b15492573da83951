import type { ApiObject } from '../json.ts'
import type { StoredObjects } from '../storage/stored-objects.ts'
import type { AdmissionRequest } from './admission.ts'

const COPIED = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']

/**
 * A pod is labeled with where its node is: when it is made for one, or by the Binding that sends it there.
 * source: kubernetes plugin/pkg/admission/podtopologylabels
 */
export function admitTopologyLabels(
  objects: StoredObjects,
  request: AdmissionRequest,
  object: ApiObject | undefined,
): void {
  const node = objects.get('/nodes', '', nodeOf(request, object))
  const known = Object.entries(node?.metadata.labels ?? {}).filter(([key]) => COPIED.includes(key))
  if (object === undefined || known.length === 0) return
  object.metadata.labels = { ...object.metadata.labels, ...Object.fromEntries(known) }
}

/** Empty: none. */
function nodeOf({ resource, operation, subresource }: AdmissionRequest, object: ApiObject | undefined): string {
  if (resource.group !== '' || resource.plural !== 'pods' || operation !== 'CREATE') return ''
  if (subresource === undefined) return (object?.spec as { nodeName?: string } | undefined)?.nodeName ?? ''
  const target = subresource === 'binding' ? (object?.target as { kind?: string; name?: string }) : undefined
  return target?.kind === 'Node' ? (target.name ?? '') : ''
}
