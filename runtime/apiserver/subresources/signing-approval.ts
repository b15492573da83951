import { isJsonObject } from '../json.ts'
import { jsonOf, objectIn, objectsIn } from '../kinds/strategies/json-parts.ts'
import { setConditions } from '../kinds/strategies/signing-request.ts'
import { validateSigningRequestApproval } from '../kinds/strategies/signing-request-validation.ts'
import type { SubresourceView } from '../rest/subresource-view.ts'
import { invalid } from '../status.ts'

/** certificatesigningrequests/approval: the object itself, of which only the conditions are taken. */
export const SIGNING_APPROVAL: SubresourceView = {
  scope: 'part',
  read: (request) => request,
  write(request, sent, nowMs) {
    const old = structuredClone(request)
    const conditions = objectsIn(objectIn(jsonOf(sent), 'status'), 'conditions').filter(isJsonObject)
    setConditions(request, conditions, old, nowMs)
    const errors = validateSigningRequestApproval(request, old)
    const kind = { group: 'certificates.k8s.io', kind: 'CertificateSigningRequest' }
    if (errors.length > 0) throw invalid(kind, request.metadata.name ?? '', errors)
  },
}
