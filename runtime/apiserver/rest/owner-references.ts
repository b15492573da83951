import { isDeepStrictEqual } from 'node:util'
import type { ApiObject, OwnerReference } from '../json.ts'

/**
 * Drops owner references that are there already, to the letter, and warns of them. `isAdmitted`: after
 * mutating admission, and the warning says so.
 * source: apiserver pkg/endpoints/handlers/rest.go dedupOwnerReferencesAndAddWarning
 */
export function dropDuplicateOwners({ metadata }: ApiObject, isAdmitted: boolean, warn: (text: string) => void): void {
  const owners = metadata.ownerReferences ?? []
  const kept: OwnerReference[] = []
  const duplicates: string[] = []
  for (const owner of owners) {
    if (kept.some((each) => isDeepStrictEqual(each, owner))) duplicates.push(owner.uid)
    else kept.push(owner)
  }
  if (duplicates.length === 0) return
  metadata.ownerReferences = kept
  const when = isAdmitted ? ' after mutating admission happens' : ''
  warn(
    `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${duplicates.join(', ')}`,
  )
}
