import { dump } from 'js-yaml'
import type { Certificate } from './certificate-authority.ts'

interface Options {
  readonly url: string
  /** PEM of the authority of an https:// server. */
  readonly ca?: string
  readonly token?: string
  readonly certificate?: Certificate
  /** Default: admin. */
  readonly user?: string
}

const CLUSTER = 'ostler'

/** A kubeconfig as YAML, with all that it needs inside. */
export function writeKubeconfig({ url, ca, token, certificate, user = 'admin' }: Options): string {
  const encode = (pem: string) => Buffer.from(pem).toString('base64')
  const credentials = {
    ...(token !== undefined && { token }),
    ...(certificate !== undefined && {
      'client-certificate-data': encode(certificate.certificate),
      'client-key-data': encode(certificate.privateKey),
    }),
  }
  return dump({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': CLUSTER,
    clusters: [
      {
        name: CLUSTER,
        cluster: { server: url, ...(ca !== undefined && { 'certificate-authority-data': encode(ca) }) },
      },
    ],
    users: [{ name: user, user: credentials }],
    contexts: [{ name: CLUSTER, context: { cluster: CLUSTER, user } }],
  })
}
