import { jsonEqual } from '../util/json.ts'
import type { Entry, ParsedObject } from './entry.ts'

/** The parts that a controller's `on` may name. */
export type Part = 'spec' | 'labels' | 'annotations' | 'status'

/**
 * Which of `parts` differ between two versions of one object. `spec` is the generation where the kind has one, else
 * everything but metadata and status.
 *
 * Compared when asked, from the two texts at hand, rather than by hashes kept on each entry: hashes would cost every object
 * memory and every event four digests, also where nobody narrows `on`, and could collide. `labels` and, for most kinds,
 * `spec` need no text at all.
 */
export function changedParts(old: Entry, entry: Entry, parts: readonly Part[]): Part[] {
  // Both texts are parsed once for all parts, and only when a part needs them.
  let parsed: { old: ParsedObject; entry: ParsedObject } | undefined
  const objects = () => {
    parsed ??= { old: JSON.parse(old.json) as ParsedObject, entry: JSON.parse(entry.json) as ParsedObject }
    return parsed
  }
  return parts.filter((part) => {
    if (part === 'labels') return !jsonEqual(old.labels, entry.labels)
    if (part === 'spec' && old.generation !== undefined && entry.generation !== undefined) {
      return old.generation !== entry.generation
    }
    return !jsonEqual(partOf(objects().old, part), partOf(objects().entry, part))
  })
}

function partOf(object: ParsedObject, part: Part): unknown {
  if (part === 'annotations') return object.metadata?.annotations ?? {}
  if (part === 'status') return object.status ?? {}
  return { ...object, metadata: undefined, status: undefined }
}
