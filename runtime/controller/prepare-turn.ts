import type { ControllerConfig } from '../config/schema.ts'
import { createEntryParser, type Entry, type ParsedObject } from '../informer/entry.ts'
import { matchesLabels, parseLabelSelector } from '../informer/label-selector.ts'
import type { Resource } from '../kube/resource.ts'
import { apiVersionOf } from '../util/gvk.ts'
import { UNKNOWN_STATE } from './finalizer-upkeep.ts'
import { addFinalizer, readLiveObject } from './finalizer-writer.ts'
import { decideHostFailure, type Outcome } from './outcome.ts'
import { recordWrite, type Turn, type TurnOptions } from './turn.ts'

export interface PrepareOptions extends TurnOptions {
  readonly exports: ReadonlySet<string>
  /** What the informers leave out. */
  readonly selectors: Pick<ControllerConfig, 'labelSelector' | 'fieldSelector'>
}

/**
 * What must be known or done before a call: an object that went out of a selector's sight is looked for, and a finalizer
 * stands before the first `reconcile`.
 * out:     the turn as it is to run, or the outcome of one without a call
 */
export async function prepareTurn(options: PrepareOptions, turn: Turn): Promise<Turn | Outcome> {
  const isInDoubt = turn.tombstone !== undefined && isSelective(options.selectors)
  if (!isInDoubt && turn.addsFinalizer !== true) return turn
  const action = isInDoubt ? 'Cannot look whether the object is gone' : 'Cannot add the finalizer'
  try {
    const resource = await options.resource()
    if (resource === undefined) return { kind: 'gone' }
    return isInDoubt ? await confirm(options, turn, resource) : await adorn(options, turn, resource)
  } catch (error) {
    return decideHostFailure(error, { name: isInDoubt ? 'LookFailed' : 'FinalizerWriteFailed', action })
  }
}

/** Leaving a selector looks like a deletion: one live get tells which it was. */
async function confirm(options: PrepareOptions, turn: Turn, resource: Resource): Promise<Turn | Outcome> {
  const { exports, selectors, finalizer } = options
  const live = await readLiveObject(options, resource, turn.entry)
  if (live === undefined) {
    const isKnown = exports.has('deleted') && turn.entry.json !== UNKNOWN_STATE
    return isKnown ? { ...turn, export: 'deleted' } : { kind: 'success' }
  }
  // It came back, and the cache will say so.
  if (isSelected(selectors, live.metadata.labels)) return { kind: 'success' }
  const entry = entryOf(live as ParsedObject, resource)
  const next = { ...turn, entry, reason: 'unselected' } as const
  // Without it the object was finalized already, or never reconciled.
  if (exports.has('finalize')) return { ...next, export: entry.finalizers.includes(finalizer) ? 'finalize' : undefined }
  return { ...next, export: exports.has('deleted') ? 'deleted' : undefined }
}

async function adorn(options: PrepareOptions, turn: Turn, resource: Resource): Promise<Turn | Outcome> {
  const added = await addFinalizer(options, resource, turn.entry)
  if (added === 'gone') return { kind: 'gone' }
  // Nothing is done for it until it is gone; a change of it brings the next turn.
  if (added === 'deleting') return { kind: 'success' }
  return { ...turn, entry: recordWrite(options, turn.entry, resource, added.json) }
}

function entryOf(object: ParsedObject, resource: Resource): Entry {
  return createEntryParser({ apiVersion: apiVersionOf(resource), kind: resource.kind }).parse(object)
}

export function isSelective({ labelSelector, fieldSelector }: PrepareOptions['selectors']): boolean {
  return labelSelector !== undefined || fieldSelector !== undefined
}

/** For certain; what a field selector lets through only the API server knows. */
function isSelected(
  { labelSelector, fieldSelector }: PrepareOptions['selectors'],
  labels: Readonly<Record<string, string>> = {},
): boolean {
  if (labelSelector === undefined || fieldSelector !== undefined) return false
  const selector = parseLabelSelector(labelSelector)
  return 'requirements' in selector && matchesLabels(selector, labels)
}
