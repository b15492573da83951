import { readFileSync } from 'node:fs'
import type { JsonValue } from '../json.ts'

/** What kinds.json holds: the built-in kinds of one Kubernetes version, as `npm run kinds` read them off a real server. */
export interface DistilledKinds {
  /** The body of /version. */
  readonly version: Readonly<Record<string, string>>
  /** In the order of /apis, the core group (empty name) first; versions with the preferred one first. */
  readonly groups: readonly { readonly name: string; readonly versions: readonly string[] }[]
  /** The specs of the built-in APIServices, in the order of their names. */
  readonly apiServices: readonly DistilledApiService[]
  /** In the order of discovery. */
  readonly resources: readonly DistilledResource[]
  /** By OpenAPI definition name; references are `{"$ref": NAME}`, with the field's own extensions beside it. */
  readonly schemas: Readonly<Record<string, JsonValue>>
}

/** The spec of a local APIService. */
export interface DistilledApiService {
  /** Absent: the core group. */
  readonly group?: string
  readonly version: string
  readonly groupPriorityMinimum: number
  readonly versionPriority: number
}

export interface DistilledResource {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly singular: string
  readonly kind: string
  /** Absent: KindList. */
  readonly listKind?: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  /** `group/version` in which it is stored; absent: it is not stored, or discovery does not say. */
  readonly storage?: string
  /** As discovery has it, where the real server stores a version that it does not serve. */
  readonly storageVersionHash?: string
  /** Of the schema; absent: there is none. */
  readonly schema?: string
  readonly subresources?: Readonly<Record<string, DistilledSubresource>>
  readonly columns?: readonly DistilledColumn[]
}

export interface DistilledSubresource {
  readonly group?: string
  readonly version?: string
  readonly kind: string
  readonly verbs: readonly string[]
}

/** What is absent: string, no format, priority 0. */
export interface DistilledColumn {
  readonly name: string
  readonly type?: string
  readonly format?: string
  readonly priority?: number
  readonly description: string
}

let distilled: DistilledKinds | undefined

/** Read once, and only by who needs it: a bundled host has the file beside it (.ci/build.ts). */
export function readDistilledKinds(): DistilledKinds {
  distilled ??= JSON.parse(readFileSync(new URL('./kinds.json', import.meta.url), 'utf8')) as DistilledKinds
  return distilled
}

/** Undefined: it is no built-in resource. */
export function distilledResourceOf(
  of: Pick<DistilledResource, 'group' | 'version' | 'plural'>,
): DistilledResource | undefined {
  return readDistilledKinds().resources.find(
    ({ group, version, plural }) => group === of.group && version === of.version && plural === of.plural,
  )
}
