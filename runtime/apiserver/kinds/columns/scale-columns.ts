import type { Column } from '../api-resource.ts'
import { formatAge } from './human-duration.ts'
import { readCount } from './read-field.ts'

/**
 * Of an `autoscaling/v1 Scale`, which is no resource of its own.
 * source: kubernetes pkg/printers/internalversion/printers.go printScale
 */
export const SCALE_COLUMNS: readonly Column[] = [
  column('Name', 'string', ({ metadata }) => metadata.name ?? ''),
  column('Desired', 'integer', (scale) => readCount(scale, 'spec', 'replicas')),
  column('Available', 'integer', (scale) => readCount(scale, 'status', 'replicas')),
  column('Age', 'string', ({ metadata }, nowMs) => formatAge(metadata.creationTimestamp, nowMs)),
]

function column(name: string, type: string, cell: Column['cell']): Column {
  return { name, type, format: '', description: '', priority: 0, cell }
}
