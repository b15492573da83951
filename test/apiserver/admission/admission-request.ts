import type { AdmissionRequest } from '../../../runtime/apiserver/admission/admission.ts'
import type { InProcessClient } from '../../../runtime/apiserver/in-process-client.ts'
import type { ApiResource } from '../../../runtime/apiserver/kinds/api-resource.ts'
import { user } from '../access/stored-policy.ts'

type Parts = Partial<Omit<AdmissionRequest, 'resource'>> & { readonly resource: Partial<ApiResource> }

/** Where nothing is to be written by the server itself. */
export const NO_CLIENT: InProcessClient = {
  request: () => Promise.reject(new Error('there is no API here')),
}

/** A creation by an administrator, unless told otherwise. */
export function admissionRequest({ resource, ...rest }: Parts): AdmissionRequest {
  return {
    operation: 'CREATE',
    resource: apiResource(resource),
    subresource: undefined,
    namespace: '',
    name: '',
    user: user('admin', 'system:masters', 'system:authenticated'),
    isDryRun: false,
    old: undefined,
    options: {},
    warn: () => {},
    ...rest,
  }
}

export function apiResource(parts: Partial<ApiResource>): ApiResource {
  const { group = '', plural = '', version = 'v1' } = parts
  return {
    group,
    version,
    plural,
    kind: '',
    listKind: '',
    singular: '',
    namespaced: true,
    shortNames: [],
    categories: [],
    verbs: [],
    subresources: new Map(),
    storage: `${group}/${plural}`,
    storageApiVersion: group === '' ? version : `${group}/${version}`,
    schema: undefined,
    columns: [],
    strategy: { hasGeneration: false, hasStatus: false },
    isCustom: false,
    selectableFields: {},
    ...parts,
  }
}
