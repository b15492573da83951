import type { AuditEvent } from '../control-plane/audit-log.ts'

/** An object as the API server holds it at the end. */
export interface FinalObject {
  readonly metadata: {
    readonly namespace: string
    readonly name: string
    readonly uid: string
    readonly generation: number
    readonly deletionTimestamp?: string
  }
  readonly spec: { readonly size: number }
  readonly status?: Readonly<Record<string, unknown>>
}

/** What a controller says in the status of each object that it has seen, under its own name. */
export interface Seen {
  readonly uid: string
  readonly generation: number
  readonly size: number
}

export interface FinalCopy {
  readonly metadata: { readonly namespace: string; readonly name: string }
  readonly data?: { readonly size?: string; readonly uid?: string }
}

/** All empty after a good run; each names `controller namespace/name`. */
export interface Verdict {
  /** The API server saw no status written for the object as it is now. */
  readonly unwritten: readonly string[]
  /** The status of an object at the end is not that of its spec. */
  readonly outdated: readonly string[]
  /** Written for another object of the name, or without a test of the uid. */
  readonly misplaced: readonly string[]
  /** An older version was written over a newer one. */
  readonly wentBack: readonly string[]
  /** Objects being deleted that did not go. */
  readonly undeletable: readonly string[]
  /** Copies that are not of the object as it is now. */
  readonly badCopies: readonly string[]
}

export interface Evidence {
  readonly audit: readonly AuditEvent[]
  readonly objects: readonly FinalObject[]
  readonly copies: readonly FinalCopy[]
  /** By controller, the namespaces in which it works. */
  readonly controllers: Readonly<Record<string, readonly string[]>>
  /** As whom the host writes. */
  readonly user: string
}

/** Judges a run from outside: by the API server's audit log, and by what it holds at the end. */
export function judgeRun({ audit, objects, copies, controllers, user }: Evidence): Verdict {
  const writes = audit.flatMap((event) => statusWriteOf(event, user) ?? [])
  const written = new Set(writes.map(({ controller, seen }) => `${controller} ${seen?.uid} ${seen?.generation}`))
  const due = Object.entries(controllers).flatMap(([controller, namespaces]) =>
    objects
      .filter(({ metadata }) => namespaces.includes(metadata.namespace))
      .map((object) => ({ controller, object, id: `${controller} ${keyOf(object)}` })),
  )
  return {
    unwritten: due
      .filter(
        ({ controller, object: { metadata } }) => !written.has(`${controller} ${metadata.uid} ${metadata.generation}`),
      )
      .map(({ id }) => id),
    outdated: due.filter(({ controller, object }) => !isUpToDate(object, controller)).map(({ id }) => id),
    misplaced: writes.filter(({ isGuarded, seen, uid }) => !isGuarded || seen?.uid !== uid).map(({ id }) => id),
    wentBack: wentBack(writes),
    undeletable: objects.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).map(keyOf),
    badCopies: badCopies(objects, copies, controllers.copier ?? []),
  }
}

/** The status says that the controller has seen this very version. */
export function isUpToDate({ metadata, spec, status }: FinalObject, controller: string): boolean {
  const seen = status?.[controller] as Seen | undefined
  return seen?.uid === metadata.uid && seen.generation === metadata.generation && seen.size === spec.size
}

interface StatusWrite {
  readonly controller: string
  readonly id: string
  /** Of the object that was written. */
  readonly uid: string
  readonly resourceVersion: number
  /** What this controller says there. */
  readonly seen: Seen | undefined
  readonly isGuarded: boolean
}

function statusWriteOf(event: AuditEvent, user: string): StatusWrite | undefined {
  const { stage, verb, objectRef, responseStatus, requestObject, responseObject, requestURI } = event
  if (stage !== 'ResponseComplete' || verb !== 'patch' || event.user.username !== user) return undefined
  if (objectRef?.resource !== 'trials' || objectRef.subresource !== 'status' || responseStatus?.code !== 200)
    return undefined
  const controller = /fieldManager=ostler-([\w-]+)/.exec(requestURI)?.[1] ?? 'unknown'
  const stored = responseObject as FinalObject & { metadata: { resourceVersion: string } }
  const patch = requestObject as readonly { op: string; path: string; value: unknown }[]
  const { uid, resourceVersion } = stored.metadata
  return {
    controller,
    id: `${controller} ${objectRef.namespace}/${objectRef.name}`,
    uid,
    resourceVersion: Number(resourceVersion),
    seen: stored.status?.[controller] as Seen | undefined,
    isGuarded: patch.some(({ op, path, value }) => op === 'test' && path === '/metadata/uid' && value === uid),
  }
}

function wentBack(writes: readonly StatusWrite[]): string[] {
  const byVersion = [...writes].sort((a, b) => a.resourceVersion - b.resourceVersion)
  const newest = new Map<string, number>()
  return byVersion.flatMap(({ id, controller, uid, seen }) => {
    const of = `${controller} ${uid}`
    const generation = seen?.generation ?? 0
    const before = newest.get(of) ?? 0
    if (generation < before) return [`${id} (${before} to ${generation})`]
    newest.set(of, generation)
    return []
  })
}

function badCopies(
  objects: readonly FinalObject[],
  copies: readonly FinalCopy[],
  namespaces: readonly string[],
): string[] {
  const byKey = new Map(copies.map((copy) => [keyOf(copy), copy.data]))
  return objects
    .filter(({ metadata }) => namespaces.includes(metadata.namespace))
    .filter(({ metadata, spec }) => {
      const data = byKey.get(`${metadata.namespace}/${metadata.name}`)
      return data?.uid !== metadata.uid || data.size !== String(spec.size)
    })
    .map(keyOf)
}

function keyOf({ metadata }: FinalObject | FinalCopy): string {
  return `${metadata.namespace}/${metadata.name}`
}
