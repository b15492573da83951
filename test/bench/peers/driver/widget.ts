import type { KubeObject, Reconcile } from 'ostler'

interface Widget extends KubeObject {
  spec: { size: number }
}

/** Says what it saw; the host leaves out the write where the status says so already. */
export const reconcile: Reconcile<Widget> = ({ metadata, spec }) => ({
  status: { observedGeneration: metadata.generation, size: spec.size },
})
