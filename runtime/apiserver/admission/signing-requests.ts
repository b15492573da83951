import { readCertificateRequest } from '../access/certificate-request.ts'
import type { RbacAuthorizer } from '../access/rbac-authorizer.ts'
import type { ApiObject } from '../json.ts'
import { isSame, jsonOf, objectIn, textIn } from '../kinds/strategies/json-parts.ts'
import type { AdmissionRequest } from './admission.ts'
import { refuseRequest } from './refuse-request.ts'

const GROUP = 'certificates.k8s.io'
/** Its certificates are users of this API. */
const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client'
const MASTERS = 'system:masters'

/** A CertificateSigningRequest tells who asks, whatever they say themselves. source: kubernetes pkg/registry/certificates */
export function fillRequester(request: AdmissionRequest, object: ApiObject | undefined): void {
  if (!isSigningRequest(request) || request.operation !== 'CREATE' || request.subresource !== undefined) return
  if (object === undefined) return
  const { name, uid, groups, extra } = request.user
  const { username: _, uid: __, groups: ___, extra: ____, ...spec } = objectIn(jsonOf(object), 'spec')
  object.spec = {
    ...spec,
    username: name,
    ...(uid !== undefined && { uid }),
    groups: [...groups],
    ...(Object.keys(extra).length > 0 && { extra }),
  }
}

/**
 * Who approves or signs has to be allowed to for that signer; and nobody gets a certificate that may do everything.
 * errors: ApiError 403
 * source: kubernetes plugin/pkg/admission/certificates
 */
export function validateSigning(
  authorizer: RbacAuthorizer,
  request: AdmissionRequest,
  object: ApiObject | undefined,
): void {
  const { operation, subresource, old } = request
  if (!isSigningRequest(request) || object === undefined) return
  if (operation === 'CREATE' && subresource === undefined) return assertSubject(request, object)
  if (operation !== 'UPDATE' || old === undefined) return
  if (subresource === 'approval') return assertSigner(authorizer, request, object, old, 'approve')
  if (subresource !== 'status') return
  const [now, before] = [object, old].map((each) => objectIn(jsonOf(each), 'status'))
  const isSigned = ['certificate', 'conditions'].some((field) => !isSame(now?.[field], before?.[field]))
  if (isSigned) assertSigner(authorizer, request, object, old, 'sign')
}

function assertSubject(request: AdmissionRequest, object: ApiObject): void {
  const spec = objectIn(jsonOf(object), 'spec')
  if (textIn(spec, 'signerName') !== CLIENT_SIGNER) return
  const { organizations } = readCertificateRequest(Buffer.from(textIn(spec, 'request'), 'base64'))
  if (!organizations.includes(MASTERS)) return
  throw refuseRequest(request, object, `use of ${CLIENT_SIGNER} signer with ${MASTERS} group is not allowed`)
}

function assertSigner(
  authorizer: RbacAuthorizer,
  request: AdmissionRequest,
  object: ApiObject,
  old: ApiObject,
  verb: 'approve' | 'sign',
): void {
  const signer = textIn(objectIn(jsonOf(old), 'spec'), 'signerName')
  const isAllowed = [signer, `${signer.split('/')[0]}/*`].some((name) => {
    const path = { path: '', isResource: true, group: GROUP, version: '*', plural: 'signers' }
    const info = { ...path, verb, name, namespace: undefined, subresource: undefined, rest: [] }
    return authorizer.decide(request.user, info).allowed
  })
  if (isAllowed) return
  throw refuseRequest(
    request,
    object,
    `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`,
  )
}

function isSigningRequest({ resource }: AdmissionRequest): boolean {
  return resource.group === GROUP && resource.plural === 'certificatesigningrequests'
}
