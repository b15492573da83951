import type { FieldError } from '../../field-error.ts'
import type { ApiObject } from '../../json.ts'
import type { RequestInfo } from '../../request-info.ts'
import { badRequest, conflict, invalid, notFound } from '../../status.ts'
import type { StoredObjects } from '../../storage/stored-objects.ts'
import { rfc3339 } from '../../timestamp.ts'
import { ISSUER, type ServiceAccountTokens, type TokenSubject } from '../service-account-tokens.ts'
import type { VirtualCreate } from '../virtual-resource.ts'

interface BoundObject {
  readonly kind?: string
  readonly apiVersion?: string
  readonly name?: string
  readonly uid?: string
}

interface TokenRequestSpec {
  readonly audiences?: readonly string[]
  readonly expirationSeconds?: number
  readonly boundObjectRef?: BoundObject | null
}

/** kube-apiserver's. */
const DEFAULT_SECONDS = 3600
const MIN_SECONDS = 600
const MAX_SECONDS = 2 ** 32

const BINDABLE: Readonly<Record<string, 'pods' | 'secrets' | 'nodes'>> = {
  'v1/Pod': 'pods',
  'v1/Secret': 'secrets',
  'v1/Node': 'nodes',
}

interface Options {
  readonly objects: StoredObjects
  readonly tokens: ServiceAccountTokens
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** serviceaccounts/token: a token of an account, for a time. source: kubernetes pkg/registry/core/serviceaccount/storage/token.go */
export function createTokenRequest({ objects, tokens, now }: Options): VirtualCreate {
  return ({ info }, object) => {
    const { namespace = '', name = '' } = info
    const spec = (object.spec ?? {}) as TokenRequestSpec
    const account = objects.get('/serviceaccounts', namespace, name)
    if (account === undefined) throw notFound({ group: '', resource: 'serviceaccounts' }, name)
    refuseMetadata(object, info)
    const seconds = spec.expirationSeconds ?? DEFAULT_SECONDS
    refuseSeconds(seconds)
    const { uid = '' } = account.metadata
    const bound = bindTo(objects, namespace, spec.boundObjectRef ?? undefined)
    const audiences = spec.audiences?.length ? spec.audiences : [ISSUER]
    const expiresAt = Math.floor(now() / 1000) + seconds
    const token = tokens.issue({ namespace, account: { name, uid }, ...bound }, audiences, expiresAt)
    const created = formatTime(Math.floor(now() / 1000))
    return {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { ...object.metadata, name, namespace, uid, creationTimestamp: created },
      spec: { audiences, expirationSeconds: seconds, boundObjectRef: spec.boundObjectRef ?? null },
      status: { token, expirationTimestamp: formatTime(expiresAt) },
    }
  }
}

function formatTime(seconds: number): string {
  return rfc3339(seconds * 1000)
}

/** A token dies with what it is bound to. */
function bindTo(objects: StoredObjects, namespace: string, ref: BoundObject | undefined): Partial<TokenSubject> {
  if (ref === undefined) return {}
  const { kind = '', apiVersion = '', name = '', uid = '' } = ref
  const plural = BINDABLE[`${apiVersion}/${kind}`]
  if (plural === undefined) {
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`)
  }
  const bound = objects.get(`/${plural}`, plural === 'nodes' ? '' : namespace, name)
  if (bound === undefined) throw notFound({ group: '', resource: plural }, name)
  const found = bound.metadata.uid ?? ''
  if (uid !== '' && uid !== found) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`
    // It is the kind that kube-apiserver gives for the resource.
    throw conflict({ group: '', resource: kind }, name, why)
  }
  return { [plural.slice(0, -1)]: { name, uid: found } }
}

function refuseMetadata({ metadata }: ApiObject, { name = '', namespace = '' }: RequestInfo): void {
  if ((metadata.name ?? name) !== name)
    refuse(name, 'metadata.name', metadata.name, 'must match the service account name if specified')
  if ((metadata.namespace ?? namespace) !== namespace)
    refuse(name, 'metadata.namespace', metadata.namespace, 'must match the service account namespace if specified')
}

function refuseSeconds(seconds: number): void {
  if (seconds < MIN_SECONDS)
    refuse('', 'spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes')
  if (seconds > MAX_SECONDS)
    refuse('', 'spec.expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds')
}

function refuse(name: string, field: string, badValue: FieldError['badValue'], detail: string): never {
  const error: FieldError = { reason: 'FieldValueInvalid', field, badValue, detail }
  throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, name, [error])
}
