import type { ApiObject } from '../json.ts'
import { notFound } from '../status.ts'
import type { StoredObjects } from '../storage/stored-objects.ts'
import type { AdmissionRequest } from './admission.ts'
import { refuseRequest } from './refuse-request.ts'

const IMMORTAL = ['default', 'kube-system', 'kube-public']

/**
 * Nothing is created in a namespace that is not there or is going away, and some namespaces stay.
 * errors: ApiError 403, 404
 * source: apiserver pkg/admission/plugin/namespace/lifecycle
 */
export function admitByNamespace(objects: StoredObjects, request: AdmissionRequest, object?: ApiObject): void {
  const { resource, operation, namespace, name, subresource } = request
  const isNamespace = resource.group === '' && resource.plural === 'namespaces'
  if (operation === 'DELETE' && isNamespace && subresource === undefined && IMMORTAL.includes(name))
    throw refuseRequest(request, undefined, 'this namespace may not be deleted')
  if (isNamespace || namespace === '' || operation === 'DELETE' || operation === 'CONNECT') return
  if (resource.group === 'authorization.k8s.io') return
  const found = objects.get('/namespaces', '', namespace)
  if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace)
  if (operation !== 'CREATE' || (found.status as { phase?: string } | undefined)?.phase !== 'Terminating') return
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`
  throw refuseRequest(request, object, why, [
    {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    },
  ])
}
