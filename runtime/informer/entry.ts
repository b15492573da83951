import { createInterner, type Interner } from './interner.ts'

/** An owner as far as `owns` needs it. */
export interface EntryOwner {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller: boolean
}

/**
 * One object as the cache holds it: what the host itself looks at, and the rest as text. An entry is never changed; a new
 * version is a new entry.
 */
export interface Entry {
  /** `namespace/name`, or `name` of a cluster-scoped object. */
  readonly key: string
  readonly namespace: string | undefined
  readonly name: string
  /** '' for the few kinds that are never stored, such as metrics. */
  readonly uid: string
  readonly resourceVersion: string
  /** Undefined for kinds without one, such as ConfigMap. */
  readonly generation: number | undefined
  readonly deletionTimestamp: string | undefined
  readonly finalizers: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly owners: readonly EntryOwner[]
  /** The whole object without `managedFields`, with apiVersion and kind, as one flat string. */
  readonly json: string
}

/** A parsed object of the API, of which only the metadata's form is taken for granted. */
export interface ParsedObject {
  apiVersion?: string
  kind?: string
  metadata?: {
    namespace?: string
    name?: string
    uid?: string
    resourceVersion?: string
    generation?: number
    deletionTimestamp?: string
    finalizers?: string[]
    labels?: Record<string, string>
    ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[]
    annotations?: Record<string, string>
    managedFields?: unknown
  }
  [field: string]: unknown
}

/** Shared by all objects that have none. */
const NO_STRINGS: readonly string[] = Object.freeze([])
const NO_OWNERS: readonly EntryOwner[] = Object.freeze([])
const NO_LABELS: Readonly<Record<string, string>> = Object.freeze({})

export interface EntryParser {
  /** Makes the entry of an object just parsed, which is used up by this; throws SyntaxError when it is no API object. */
  parse(object: ParsedObject): Entry
}

/** `apiVersion` and `kind` are for the items of lists, which come without. */
export function createEntryParser(
  kind: { readonly apiVersion: string; readonly kind: string },
  intern: Interner = createInterner(),
): EntryParser {
  return { parse }

  function parse(object: ParsedObject): Entry {
    const { metadata } = object
    if (typeof metadata?.name !== 'string' || typeof metadata.resourceVersion !== 'string') {
      throw new SyntaxError(`An object of kind "${object.kind ?? kind.kind}" has no name or no resourceVersion`)
    }
    const namespace = metadata.namespace === undefined ? undefined : intern(metadata.namespace)
    return {
      key: namespace === undefined ? metadata.name : `${namespace}/${metadata.name}`,
      namespace,
      name: metadata.name,
      uid: metadata.uid ?? '',
      resourceVersion: metadata.resourceVersion,
      generation: metadata.generation,
      deletionTimestamp: metadata.deletionTimestamp,
      finalizers: metadata.finalizers?.length ? metadata.finalizers.map(intern) : NO_STRINGS,
      labels: internLabels(metadata.labels),
      owners: metadata.ownerReferences?.length ? metadata.ownerReferences.map(ownerOf) : NO_OWNERS,
      json: textOf(object),
    }
  }

  function internLabels(labels: Record<string, string> | undefined): Readonly<Record<string, string>> {
    if (labels === undefined) return NO_LABELS
    // The parser of V8 interns the keys of an object by itself.
    for (const key in labels) labels[key] = intern(labels[key] as string)
    return labels
  }

  function ownerOf(owner: NonNullable<NonNullable<ParsedObject['metadata']>['ownerReferences']>[number]): EntryOwner {
    const { apiVersion, kind, name, uid } = owner
    return {
      apiVersion: intern(apiVersion),
      kind: intern(kind),
      name: intern(name),
      uid: intern(uid),
      controller: owner.controller === true,
    }
  }

  /** Written anew rather than cut from the line: a slice would keep the whole line, or its chunk, alive. */
  function textOf(object: ParsedObject): string {
    if (object.metadata?.managedFields !== undefined) object.metadata.managedFields = undefined
    const hasType = object.apiVersion !== undefined && object.kind !== undefined
    return JSON.stringify(hasType ? object : { ...kind, ...object })
  }
}
