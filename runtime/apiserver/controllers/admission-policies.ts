import type { ApiObject } from '../json.ts'
import { type ControllerContext, type RunningController, running, startLoop } from './controller-context.ts'
import { unlessCode } from './object-client.ts'

interface Policy extends ApiObject {
  readonly status?: { readonly observedGeneration?: number }
}

const POLICIES = { group: 'admissionregistration.k8s.io', version: 'v1', plural: 'validatingadmissionpolicies' }
const STORAGE = `${POLICIES.group}/${POLICIES.plural}`

/**
 * Tells in each ValidatingAdmissionPolicy's status that it has been seen; it is obeyed from the moment it is there.
 * source: kubernetes pkg/controller/validatingadmissionpolicystatus
 * differs: expressions are not checked against the types of what they are for, so there is no typeChecking
 */
export function startAdmissionPolicies(context: ControllerContext): RunningController {
  const { store, objects, client } = context
  const loop = startLoop(context, 'validatingadmissionpolicy-status', reconcile)
  const cancel = store.watch(STORAGE, ({ type, stored }) => {
    if (type !== 'DELETED') loop.add(stored.name)
  })
  for (const { name } of store.list(STORAGE)) loop.add(name)
  return running(loop, cancel)

  async function reconcile(name: string): Promise<void> {
    const policy = objects.get<Policy>(STORAGE, '', name)
    const { generation = 0 } = policy?.metadata ?? {}
    if (policy === undefined || generation <= (policy.status?.observedGeneration ?? 0)) return
    const status = { ...policy.status, observedGeneration: generation }
    await unlessCode(client.update(POLICIES, { ...policy, status }, 'status'), 404, 409)
  }
}
