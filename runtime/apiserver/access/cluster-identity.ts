import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCertificateAuthority, SERVER_NAMES } from './certificate-authority.ts'

/** What clients of a server know it by, and it them. */
export interface ClusterIdentity {
  /** PEM: of the authority, and of the server's own certificate. */
  readonly ca: string
  readonly cert: string
  readonly key: string
  /** The admin's. */
  readonly token: string
  /** PEM: signs the tokens of service accounts. */
  readonly serviceAccountKey: string
}

const FILE = 'identity.json'

/** The identity kept in a folder, made there when it has none; without a folder: a new one. Errors: Error for one that is damaged. */
export function clusterIdentity(folder?: string): ClusterIdentity {
  if (folder === undefined) return createIdentity()
  const file = join(folder, FILE)
  if (existsSync(file)) return readIdentity(file)
  const identity = createIdentity()
  // Whole or not at all, whenever the process ends.
  writeFileSync(`${file}.next`, JSON.stringify(identity), { mode: 0o600 })
  renameSync(`${file}.next`, file)
  return identity
}

function readIdentity(file: string): ClusterIdentity {
  const text = readFileSync(file, 'utf8')
  try {
    return JSON.parse(text) as ClusterIdentity
  } catch (cause) {
    const advice = 'delete it for a new identity, with which earlier kubeconfigs and tokens end'
    throw new Error(`"${FILE}" is damaged; ${advice}`, { cause })
  }
}

function createIdentity(): ClusterIdentity {
  const authority = createCertificateAuthority()
  const { certificate, privateKey } = authority.issueServer(SERVER_NAMES)
  const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  return {
    ca: authority.certificate,
    cert: certificate,
    key: privateKey,
    token: randomBytes(24).toString('base64url'),
    serviceAccountKey: signing.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}
