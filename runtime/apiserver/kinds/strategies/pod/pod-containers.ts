import type { JsonObject } from '../../../json.ts'
import { objectsIn } from '../json-parts.ts'

/** A container of whatever sort, and where it stands. */
export interface PlacedContainer {
  readonly container: JsonObject
  /** `spec.containers[0]` */
  readonly field: string
}

/** All of a pod, in kube-apiserver's order. source: kubernetes pkg/api/pod VisitContainersWithPath */
export function containersOf(spec: JsonObject, field: string): PlacedContainer[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
    objectsIn(spec, list).map((container, index) => ({ container, field: `${field}.${list}[${index}]` })),
  )
}
