import type { FieldError } from '../field-error.ts'
import { invalid } from '../status.ts'

/** What namespaces/finalize takes: Kubernetes' own finalizer and those with a domain. errors: ApiError 422 */
export function assertNamespaceFinalizers(name: string, finalizers: readonly unknown[]): void {
  const errors = finalizers.flatMap(faultsOf)
  if (errors.length > 0) throw invalid({ group: '', kind: 'Namespace' }, name, errors)
}

function faultsOf(finalizer: unknown, index: number): FieldError[] {
  const text = String(finalizer)
  if (text === 'kubernetes' || text.includes('/')) return []
  const detail = 'name is neither a standard finalizer name nor is it fully qualified'
  return [{ reason: 'FieldValueInvalid', field: `spec.finalizers[${index}]`, badValue: text, detail }]
}
