import type { Context, DeleteOptions, KubeObject, ListOptions, ObjectRef } from '../../runtime/index.ts'

/**
 * What a handler is called with, on objects that lie in memory: it can be tried as the plain function that it is.
 * A write with another resourceVersion than the object's fails with 409, as on an API server.
 * not imitated: kinds' defaults and validation, field selectors, finalizers, patches but merge patches, dryRun
 */
export interface ScriptedContext {
  readonly context: Context
  /** What was emitted: `Warning REASON: message`. */
  readonly events: readonly string[]
  /** What was logged: `info message {"field":1}`. */
  readonly logged: readonly string[]
  /** What was written, in order: `create apps/v1/Deployment web`. */
  readonly writes: readonly string[]
  readonly deletions: readonly DeleteOptions[]
  /** Stores an object as somebody else would. */
  put(object: KubeObject): void
  stored<T = KubeObject>(kind: string, name: string): T
  /** Runs once, before the next write that comes: what another client does between a read and a write. */
  beforeWrite(act: () => void): void
}

export function scriptedContext(controller: string, settings?: unknown): ScriptedContext {
  const objects = new Map<string, KubeObject>()
  const events: string[] = []
  const logged: string[] = []
  const writes: string[] = []
  const deletions: DeleteOptions[] = []
  let version = 0
  let interference: (() => void) | undefined

  const keyOf = (kind: string, name: string) => `${kind} ${name}`
  const put = (object: KubeObject) => {
    const { metadata } = object
    const stored = {
      ...object,
      metadata: { uid: `uid-${metadata.name}`, ...metadata, resourceVersion: `${++version}` },
    }
    objects.set(keyOf(`${object.apiVersion}/${object.kind}`, metadata.name), structuredClone(stored))
    return structuredClone(stored)
  }
  const write = (verb: string, kind: string, name: string, resourceVersion?: string) => {
    const act = interference
    interference = undefined
    act?.()
    const present = objects.get(keyOf(kind, name))
    if (verb === 'create' && present !== undefined) throw apiError(409, 'AlreadyExists')
    if (verb !== 'create' && present === undefined) throw apiError(404, 'NotFound')
    if (resourceVersion !== undefined && present?.metadata.resourceVersion !== resourceVersion)
      throw apiError(409, 'Conflict')
    writes.push(`${verb} ${kind} ${name}`)
    return present as KubeObject
  }
  const log = (level: string) => (message: string, fields?: object) => {
    logged.push([level, message, ...(fields === undefined ? [] : [JSON.stringify(fields)])].join(' '))
  }
  const calls = {
    get: async (kind: string, { name }: ObjectRef) => structuredClone(objects.get(keyOf(kind, name))),
    list: async (kind: string, { labelSelector = '' }: ListOptions = {}) =>
      [...objects]
        .filter(([key, { metadata }]) => key.startsWith(`${kind} `) && hasLabels(metadata.labels, labelSelector))
        .map(([, object]) => structuredClone(object)),
    create: async (object: KubeObject) => {
      write('create', `${object.apiVersion}/${object.kind}`, object.metadata.name)
      return put(object)
    },
    update: async (object: KubeObject) => {
      const { name, resourceVersion } = object.metadata
      write('update', `${object.apiVersion}/${object.kind}`, name, resourceVersion)
      return put(object)
    },
    patch: async (kind: string, { name }: ObjectRef, body: { metadata?: { resourceVersion?: string } }) => {
      const present = write('patch', kind, name, body.metadata?.resourceVersion)
      return put(merge(present, body) as KubeObject)
    },
    delete: async (kind: string, { name }: ObjectRef, options: DeleteOptions = {}) => {
      const present = objects.get(keyOf(kind, name))
      if (present === undefined) return
      if ((options.preconditions?.uid ?? present.metadata.uid) !== present.metadata.uid) throw apiError(409, 'Conflict')
      write('delete', kind, name)
      deletions.push(options)
      // In the foreground it stays until somebody has deleted what depends on it.
      if (options.propagationPolicy !== 'Foreground') objects.delete(keyOf(kind, name))
      else put(merge(present, { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }) as KubeObject)
    },
    retryOnConflict: async (attempt: () => Promise<unknown>, { attempts = 5 } = {}) => {
      for (let n = 1; ; n++) {
        try {
          return await attempt()
        } catch (error) {
          if (n === attempts || (error as { reason?: string }).reason !== 'Conflict') throw error
        }
      }
    },
    event: async (type: string, reason: string, message: string) => {
      events.push(`${type} ${reason}: ${message}`)
    },
  }
  const context = {
    key: { controller, name: 'example', uid: 'uid-example' },
    with: settings,
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    ...calls,
  } as unknown as Context
  return {
    context,
    events,
    logged,
    writes,
    deletions,
    put,
    stored: <T>(kind: string, name: string) => structuredClone(objects.get(keyOf(kind, name))) as T,
    beforeWrite: (act) => {
      interference = act
    },
  }
}

function apiError(code: number, reason: string): Error {
  return Object.assign(new Error(reason), { code, reason })
}

/** Equality alone: `a=b,c=d`. */
function hasLabels(labels: Record<string, string> = {}, selector: string): boolean {
  const wanted = selector.split(',').filter((term) => term !== '')
  return wanted.every((term) => labels[term.split('=')[0] as string] === term.split('=')[1])
}

/** RFC 7386. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const merged: Record<string, unknown> = { ...(target as object | undefined) }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else merged[key] = merge(merged[key], value)
  }
  return merged
}
