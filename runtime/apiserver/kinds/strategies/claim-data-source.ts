import type { ApiObject, JsonObject } from '../../json.ts'
import { jsonOf, objectIn, optionalObjectIn, textIn } from './json-parts.ts'

/**
 * What a claim is filled from stands in two fields, an old and a new one: each gets what the other says. The old one is dropped
 * where it names what only the new one may.
 * source: kubernetes pkg/api/persistentvolumeclaim, EnforceDataSourceBackwardsCompatibility and NormalizeDataSources
 */
export function alignDataSources(claim: ApiObject, old?: ApiObject): void {
  const spec = objectIn(jsonOf(claim), 'spec')
  const before = objectIn(jsonOf(old ?? {}), 'spec')
  // Behind a feature gate that is off: CrossNamespaceVolumeDataSource.
  if (textIn(objectIn(spec, 'dataSourceRef'), 'namespace') !== '') delete spec.dataSourceRef
  const isInUse = before.dataSource !== undefined || before.dataSourceRef !== undefined
  if (!isInUse && spec.dataSourceRef === undefined && !isClaimOrSnapshot(objectIn(spec, 'dataSource')))
    delete spec.dataSource
  const [source, reference] = [optionalObjectIn(spec, 'dataSource'), optionalObjectIn(spec, 'dataSourceRef')]
  if (source !== undefined && reference === undefined) spec.dataSourceRef = { ...source }
  else if (source === undefined && reference !== undefined) {
    const { namespace: _, ...rest } = reference
    spec.dataSource = rest
  }
}

function isClaimOrSnapshot(source: JsonObject): boolean {
  const [kind, group] = [textIn(source, 'kind'), textIn(source, 'apiGroup')]
  if (kind === 'PersistentVolumeClaim') return group === ''
  return kind === 'VolumeSnapshot' && group === 'snapshot.storage.k8s.io'
}
