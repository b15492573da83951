import { AUTOSCALING_COLUMNS } from './autoscaling-columns.ts'
import type { Cells } from './cell.ts'
import { CLUSTER_COLUMNS, EVENT_COLUMNS } from './cluster-columns.ts'
import { formatAge } from './human-duration.ts'
import { NETWORK_COLUMNS } from './network-columns.ts'
import { POD_COLUMNS } from './pod-columns.ts'
import { STORAGE_COLUMNS } from './storage-columns.ts'
import { WORKLOAD_COLUMNS } from './workload-columns.ts'

/** In every kind that has such a column. */
const COMMON: Cells = {
  Name: ({ metadata }) => metadata.name ?? '',
  Age: ({ metadata }, nowMs) => formatAge(metadata.creationTimestamp, nowMs),
  'Created At': ({ metadata }) => metadata.creationTimestamp ?? null,
}

const BY_KIND: Readonly<Record<string, Cells>> = {
  ...CLUSTER_COLUMNS,
  ...WORKLOAD_COLUMNS,
  ...NETWORK_COLUMNS,
  ...STORAGE_COLUMNS,
  ...AUTOSCALING_COLUMNS,
  '/Pod': POD_COLUMNS,
  '/Event': EVENT_COLUMNS,
  'events.k8s.io/Event': EVENT_COLUMNS,
}

/** The cells of a built-in kind, by column name. source: kubernetes pkg/printers/internalversion/printers.go */
export function builtInColumns(group: string, kind: string): Cells {
  return { ...COMMON, ...BY_KIND[`${group}/${kind}`] }
}
