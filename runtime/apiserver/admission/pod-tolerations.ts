import type { ApiObject } from '../json.ts'
import type { AdmissionRequest } from './admission.ts'
import { type Toleration, writtenPodSpec } from './pod-spec.ts'

const KEYS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
/** kube-apiserver's --default-not-ready-toleration-seconds and --default-unreachable-toleration-seconds. */
const SECONDS = 300

/** A pod stays five minutes on a node that is gone, unless it says otherwise. source: plugin/pkg/admission/defaulttolerationseconds */
export function admitTolerations(request: AdmissionRequest, object: ApiObject | undefined): void {
  const spec = writtenPodSpec(request, object)
  if (spec === undefined) return
  const tolerations = spec.tolerations ?? []
  const missing = KEYS.filter((key) => !tolerations.some((each) => tolerates(each, key)))
  const added = missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS }))
  if (added.length > 0) spec.tolerations = [...tolerations, ...added]
}

function tolerates({ key = '', effect = '' }: Toleration, wanted: string): boolean {
  return (key === wanted || key === '') && (effect === 'NoExecute' || effect === '')
}
