import { readFile } from 'node:fs/promises'
import type { Cluster } from '@kubernetes/client-node/dist/config_types.js'
import { RuntimeError } from '../errors.ts'
import type { Clock } from '../util/clock.ts'
import { createExecPlugin, type ExecCredential } from './exec-plugin.ts'
import type { KubeConfig } from './kubeconfig.ts'
import type { KubeUser } from './kubeconfig-file.ts'

/** What a TLS connection needs, as node:tls names it; PEM texts. */
export interface TlsMaterial {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

/** How to be let in, at one moment. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string | string[]>>
  /** The same object for as long as its content is the same. */
  readonly tls: TlsMaterial
}

/** Files are read again, and the exec plugin is asked again, after this long: well within the minute that client-go takes. */
export const REREAD_MS = 10_000

/** Reads tokens and certificates, again and again, as their owners rotate them. */
export class CredentialSource {
  readonly #user: KubeUser
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #files: CredentialFiles
  #plugin: (() => Promise<ExecCredential>) | undefined
  /** When #plugin was built; one that gives useless tokens is not run for each request. */
  #pluginBuiltAt: number
  /** Replaced only when something in it changed, so that identity tells old from new. */
  #current: Credentials | undefined
  #readAt = Number.NEGATIVE_INFINITY
  /** The read under way, shared by all who wait for one. */
  #reading: Promise<Credentials> | undefined

  constructor({ cluster, user }: KubeConfig, clock: Clock) {
    this.#cluster = cluster
    this.#user = user
    this.#clock = clock
    this.#files = openFiles(cluster, user)
    this.#plugin = user.exec ? createExecPlugin(user, cluster) : undefined
    this.#pluginBuiltAt = clock.now()
  }

  /** The credentials if they were read lately; else they have to be awaited. */
  get fresh(): Credentials | undefined {
    return this.#clock.now() - this.#readAt < REREAD_MS ? this.#current : undefined
  }

  /** Errors: KUBECONFIG_INVALID or API_UNREACHABLE; a file that was read once and cannot be now keeps its last content. */
  async current(): Promise<Credentials> {
    return this.fresh ?? this.#read()
  }

  /** Reads anew after the server refused `refused`; answers that same object when nothing has changed. */
  async renew(refused: Credentials): Promise<Credentials> {
    await this.#reading?.catch(() => {})
    if (this.#current !== refused && this.#current !== undefined) return this.#current
    if (this.#user.exec && this.#clock.now() - this.#pluginBuiltAt >= REREAD_MS) {
      this.#plugin = createExecPlugin(this.#user, this.#cluster)
      this.#pluginBuiltAt = this.#clock.now()
    }
    return this.#read()
  }

  #read(): Promise<Credentials> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readAll(): Promise<Credentials> {
    const [token, ca, cert, key, plugin] = await Promise.all([
      this.#files.token(),
      this.#files.ca(),
      this.#files.cert(),
      this.#files.key(),
      this.#plugin?.(),
    ])
    const headers = headersOf(this.#user, token === undefined ? plugin?.authorization : `Bearer ${token}`)
    const tls = tlsOf(this.#cluster, { ca, cert: plugin?.cert ?? cert, key: plugin?.key ?? key })
    this.#readAt = this.#clock.now()
    this.#current = keepEqual(this.#current, { headers, tls })
    return this.#current
  }
}

type Read = () => Promise<string | undefined>
type CredentialFiles = Readonly<Record<'token' | 'ca' | 'cert' | 'key', Read>>

/** Inline data stands before a file, and a token file before an inline token, as the kubeconfig's reference says. */
function openFiles(cluster: Cluster, user: KubeUser): CredentialFiles {
  return {
    token: user.tokenFile ? rereadable('token', user.tokenFile) : async () => user.token || undefined,
    ca: pem('certificate authority', cluster.caData, cluster.caFile),
    cert: pem('client certificate', user.certData, user.certFile),
    key: pem('client key', user.keyData, user.keyFile),
  }
}

function pem(what: string, data: string | undefined, file: string | undefined): Read {
  if (data) {
    const text = Buffer.from(data, 'base64').toString()
    return async () => text
  }
  return file ? rereadable(what, file) : async () => undefined
}

/** A volume's file may be missing or empty for a moment while it is swapped: then the last content goes on. */
function rereadable(what: string, file: string): Read {
  let last: string | undefined
  return async () => {
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      if (last !== undefined) return ''
      throw new RuntimeError('KUBECONFIG_INVALID', `Cannot read the ${what} "${file}"`, { cause })
    })
    last = text.trim() || last
    if (last === undefined)
      throw new RuntimeError('KUBECONFIG_INVALID', `Cannot use the ${what} "${file}": it is empty`)
    return last
  }
}

function headersOf(user: KubeUser, authorization: string | undefined): Credentials['headers'] {
  const basic = `${user.username}:${user.password ?? ''}`
  const login = authorization ?? (user.username ? `Basic ${Buffer.from(basic).toString('base64')}` : undefined)
  return {
    ...(login === undefined ? {} : { authorization: login }),
    ...(user.impersonateUser ? { 'impersonate-user': user.impersonateUser } : {}),
    ...(user.impersonateUid ? { 'impersonate-uid': user.impersonateUid } : {}),
    ...(user.impersonateGroups?.length ? { 'impersonate-group': [...user.impersonateGroups] } : {}),
  }
}

function tlsOf(cluster: Cluster, texts: Readonly<Record<'ca' | 'cert' | 'key', string | undefined>>): TlsMaterial {
  return {
    ...(texts.ca === undefined ? {} : { ca: texts.ca }),
    ...(texts.cert === undefined ? {} : { cert: texts.cert }),
    ...(texts.key === undefined ? {} : { key: texts.key }),
    ...(cluster.tlsServerName ? { servername: cluster.tlsServerName } : {}),
    ...(cluster.skipTLSVerify ? { rejectUnauthorized: false } : {}),
  }
}

function keepEqual(old: Credentials | undefined, next: Credentials): Credentials {
  if (old === undefined) return next
  const equal = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b)
  if (!equal(old.tls, next.tls)) return next
  return equal(old.headers, next.headers) ? old : { headers: next.headers, tls: old.tls }
}
