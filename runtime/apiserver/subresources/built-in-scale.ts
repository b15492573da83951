import { type ApiObject, isJsonObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { formatSelector, type LabelSelector } from '../label-selector.ts'
import type { SubresourceView } from '../rest/subresource-view.ts'
import { invalid } from '../status.ts'

interface Scalable extends ApiObject {
  spec: { replicas?: number; selector?: LabelSelector | Record<string, string> }
  status?: { replicas?: number }
}

const SCALES: ReadonlyMap<string, SubresourceView> = new Map([
  ['apps/deployments', builtInScale((selector) => selector)],
  ['apps/replicasets', builtInScale((selector) => selector)],
  ['apps/statefulsets', builtInScale((selector) => selector)],
  // An old kind, with a plain map for a selector.
  ['/replicationcontrollers', builtInScale((selector) => ({ matchLabels: selector as Record<string, string> }))],
])

/** The `autoscaling/v1` Scale of a built-in kind; undefined: it has none. */
export function builtInScaleOf({ group, plural, isCustom }: ApiResource): SubresourceView | undefined {
  return isCustom ? undefined : SCALES.get(`${group}/${plural}`)
}

function builtInScale(
  selectorOf: (selector: NonNullable<Scalable['spec']['selector']>) => LabelSelector,
): SubresourceView {
  return {
    scope: 'whole',
    read(object) {
      const { spec, status, metadata } = object as Scalable
      const { name = '', namespace = '', uid = '', resourceVersion = '', creationTimestamp = '' } = metadata
      const selector = formatSelector(selectorOf(spec.selector ?? {}))
      return {
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
        // Go leaves out a 0.
        spec: (spec.replicas ?? 0) === 0 ? {} : { replicas: spec.replicas },
        status: { replicas: status?.replicas ?? 0, ...(selector !== '' && { selector }) },
      }
    },
    write(object, scale) {
      const replicas = isJsonObject(scale.spec) ? (scale.spec.replicas ?? 0) : 0
      if (typeof replicas !== 'number' || replicas < 0) throw negative(scale, replicas)
      ;(object as Scalable).spec.replicas = replicas
    },
  }
}

function negative({ metadata }: ApiObject, badValue: Parameters<typeof JSON.stringify>[0]): Error {
  const detail = 'must be greater than or equal to 0'
  return invalid({ group: 'autoscaling', kind: 'Scale' }, metadata.name ?? '', [
    { reason: 'FieldValueInvalid', field: 'spec.replicas', badValue, detail },
  ])
}
