import type { FieldError } from '../field-error.ts'
import type { ApiObject, JsonValue } from '../json.ts'
import type { Schema } from '../schema/schema.ts'

/** One version of a kind, as paths and discovery have it. */
export interface ApiResource {
  /** Of a custom one: the same for as long as what its definition says is the same; watches end with it. */
  readonly definition?: object
  /** Empty: the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly listKind: string
  readonly plural: string
  readonly singular: string
  readonly namespaced: boolean
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly verbs: readonly string[]
  readonly subresources: ReadonlyMap<string, Subresource>
  /** Where objects are kept; versions of one kind (and groups that share one, as both kinds of Event) have the same. */
  readonly storage: string
  /** `group/version` of the texts that are kept; converted where it is not this one. */
  readonly storageApiVersion: string
  /** Undefined: any fields. */
  readonly schema: Schema | undefined
  /** What `kubectl get` shows. */
  readonly columns: readonly Column[]
  readonly strategy: Strategy
  readonly isCustom: boolean
  /** What every request is warned of. */
  readonly deprecation?: string | undefined
  /** Fields, beside metadata.name and metadata.namespace, that field selectors may name, and their values as text. */
  readonly selectableFields: Readonly<Record<string, (object: ApiObject) => string>>
  /** From what is stored to this version, and back; undefined where apiVersion is all that differs. */
  readonly convert?: ((object: ApiObject, toApiVersion: string) => Promise<ApiObject>) | undefined
}

export interface Subresource {
  /** Of what is sent and answered: `autoscaling/v1 Scale`; undefined: the kind's own. */
  readonly group?: string
  readonly version?: string
  readonly kind: string
  readonly verbs: readonly string[]
}

/** A column of a Table, as meta.k8s.io/v1 has it. */
export interface Column {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  /** 0: always shown; above: with `-o wide`. */
  readonly priority: number
  cell(object: ApiObject, nowMs: number): JsonValue
}

/** What is a kind's own in creating and changing its objects; each may change the object that it is given. */
export interface Strategy {
  /** Objects of this kind count their generation: it grows when anything but metadata and status differs. */
  readonly hasGeneration: boolean
  /** `status` is written by its subresource alone. */
  readonly hasStatus: boolean
  /** Fills in what was left out; called on what is created, and on what an update makes. Does nothing the second time. */
  readonly applyDefaults?: (object: ApiObject) => void
  /** In its place, of what server-side apply makes; default: the same. */
  readonly completeApplied?: (object: ApiObject) => void
  /** After the rules for all kinds; before admission. */
  readonly prepareForCreate?: (object: ApiObject, nowMs: number) => void
  readonly prepareForUpdate?: (object: ApiObject, old: ApiObject, nowMs: number) => void
  /** Of the status subresource. */
  readonly prepareForStatusUpdate?: (object: ApiObject, old: ApiObject, nowMs: number) => void
  readonly validate?: (object: ApiObject) => readonly FieldError[]
  readonly validateUpdate?: (object: ApiObject, old: ApiObject) => readonly FieldError[]
  readonly validateStatusUpdate?: (object: ApiObject, old: ApiObject) => readonly FieldError[]
  /** What is valid, but not as meant; `old`: what it was before an update. */
  readonly warningsOf?: (object: ApiObject, old: ApiObject | undefined) => readonly string[]
  /** Finalizers need no domain before their name. */
  readonly takesPlainFinalizers?: boolean
  /** How a name may look; default: a DNS subdomain. */
  readonly nameRule?: 'subdomain' | 'label' | 'label1035' | 'path'
  /** What the first delete changes, before finalizers are looked at. */
  readonly prepareForDelete?: (object: ApiObject) => void
  /** What reading does to an object as it was stored, once it is in the version that is asked for: custom defaults. */
  readonly prepareForRead?: (object: ApiObject) => void
  /** A PUT makes what is not there. */
  readonly createsOnUpdate?: boolean
  /** A PUT without resourceVersion overwrites. */
  readonly updatesUnconditionally?: boolean
  /** Seconds between a delete and the end, where the request asks for so many or says nothing; default 0 (at once). */
  readonly gracePeriodSeconds?: (object: ApiObject, asked: number | undefined) => number
  /** What a delete that says nothing of dependents is warned of. */
  readonly deleteWarning?: string | undefined
  /** What a delete without propagationPolicy does; default: background. None: whatever is asked, nothing depends on it. */
  readonly defaultPropagation?: 'Orphan' | 'Background' | 'None'
}
