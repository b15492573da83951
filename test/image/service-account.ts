import type { ControlPlane } from '../control-plane/control-plane.ts'

export interface ServiceAccount {
  readonly namespace: string
  readonly name: string
}

/** The name that the API server knows it by. */
export const userNameOf = ({ namespace, name }: ServiceAccount) => `system:serviceaccount:${namespace}:${name}`

/**
 * A token as the kubelet gets one for a pod. With `secret` it holds for as long as that Secret exists, as a pod's holds for
 * as long as the pod does.
 */
export async function createToken(
  { request }: Pick<ControlPlane, 'request'>,
  { namespace, name }: ServiceAccount,
  secret?: string,
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`
  const boundObjectRef = secret === undefined ? undefined : { apiVersion: 'v1', kind: 'Secret', name: secret }
  const { status, body } = await request('POST', path, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 3600, boundObjectRef },
  })
  if (status !== 201) throw new Error(`POST ${path}: ${status} ${JSON.stringify(body)}`)
  return (body as { status: { token: string } }).status.token
}

/** The token's own name: the audit log shows it with each request, as `JTI=…`. */
export function tokenId(token: string): string {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string }
  return `JTI=${claims.jti}`
}

/** What the kubelet mounts at /var/run/secrets/kubernetes.io/serviceaccount. */
export function serviceAccountFiles({ ca }: Pick<ControlPlane, 'ca'>, token: string, namespace: string) {
  return { token, namespace, 'ca.crt': ca }
}
