import { ApiError, type StatusCause } from '../status.ts'
import { describePath } from './field-set.ts'
import type { Ownership } from './managers.ts'
import type { Conflict } from './updater.ts'

/** source: apimachinery pkg/util/managedfields/internal/conflict.go */
export function conflictError(conflicts: readonly Conflict[]): ApiError {
  const causes: StatusCause[] = conflicts.map(({ owner, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${describeOwner(owner)}`,
    field: describePath(path),
  }))
  return new ApiError(409, 'Conflict', describeConflicts(conflicts), { causes })
}

function describeConflicts(conflicts: readonly Conflict[]): string {
  const [first] = conflicts
  if (conflicts.length === 1 && first !== undefined)
    return `Apply failed with 1 conflict: conflict with ${describeOwner(first.owner)}: ${describePath(first.path)}`
  const byOwner = Map.groupBy(conflicts, ({ owner }) => describeOwner(owner))
  const lines = [...byOwner].flatMap(([owner, list]) => [
    `conflicts with ${owner}:`,
    ...list.map(({ path }) => `- ${describePath(path)}`),
  ])
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
}

function describeOwner({ manager, operation, apiVersion, subresource }: Ownership): string {
  const name = JSON.stringify(manager)
  const titled = subresource === '' ? name : `${name} with subresource ${JSON.stringify(subresource)}`
  return operation === 'Update' ? `${titled} using ${apiVersion}` : titled
}
