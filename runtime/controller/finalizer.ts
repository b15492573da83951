/** A JSON patch (RFC 6902), as far as finalizers need it. */
export type JsonPatch = readonly {
  readonly op: 'test' | 'add' | 'remove'
  readonly path: string
  readonly value?: unknown
}[]

/** Of an object, what decides about its finalizer. */
export interface Finalizable {
  readonly uid: string
  readonly resourceVersion: string
  readonly deletionTimestamp: string | undefined
  readonly finalizers: readonly string[]
}

/** What a turn does with an object that the cache holds. */
export interface Step {
  /** Undefined: the finalizer is all there is to do. */
  readonly export: 'reconcile' | 'finalize' | undefined
  /** Before the call. */
  readonly addsFinalizer: boolean
}

/** The finalizer of a controller. */
export function finalizerOf(controller: string): string {
  return `ostler.dev/${controller}`
}

/** What the handler's exports mean for an object as it is; undefined: nothing, until it changes or goes. */
export function decideStep(
  exports: ReadonlySet<string>,
  { isDeleting, bears }: { isDeleting: boolean; bears: boolean },
): Step | undefined {
  const reconcile = exports.has('reconcile') ? 'reconcile' : undefined
  if (!exports.has('finalize')) return reconcile && { export: reconcile, addsFinalizer: false }
  if (isDeleting) return bears ? { export: 'finalize', addsFinalizer: false } : undefined
  if (!bears) return { export: reconcile, addsFinalizer: true }
  return reconcile && { export: reconcile, addsFinalizer: false }
}

/**
 * Adds a finalizer to exactly this object. The list it is added to is tested whole; where there is none, nothing of a
 * list can be tested, so the version is: `add` would replace what another controller put there meanwhile.
 */
export function addFinalizerPatch({ uid, resourceVersion, finalizers }: Finalizable, finalizer: string): JsonPatch {
  const identity = { op: 'test', path: '/metadata/uid', value: uid } as const
  if (finalizers.length === 0) {
    return [
      identity,
      { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'add', path: LIST, value: [finalizer] },
    ]
  }
  return [identity, { op: 'test', path: LIST, value: finalizers }, { op: 'add', path: `${LIST}/-`, value: finalizer }]
}

/** Takes one finalizer off exactly this object, wherever others stand; undefined when it does not bear it. */
export function removeFinalizerPatch({ uid, finalizers }: Finalizable, finalizer: string): JsonPatch | undefined {
  const index = finalizers.indexOf(finalizer)
  if (index === -1) return undefined
  const path = `${LIST}/${index}`
  return [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'test', path, value: finalizer },
    { op: 'remove', path },
  ]
}

const LIST = '/metadata/finalizers'
