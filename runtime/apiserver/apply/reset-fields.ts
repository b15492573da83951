import type { ApiResource } from '../kinds/api-resource.ts'
import { EMPTY_SET, type FieldSet, fieldSetOf } from './field-set.ts'
import { fieldElement } from './path-element.ts'

const STATUS = fieldSetOf([fieldElement('status')])
const SPEC = fieldSetOf([fieldElement('spec')])
const METADATA_AND_SPEC = fieldSetOf([fieldElement('metadata')], [fieldElement('spec')])

/** Of the built-in kinds whose status subresource cannot write metadata; the others' can. By plural and group. */
const STATUS_WITHOUT_METADATA = new Set([
  'apiservices.apiregistration.k8s.io',
  'devicetaintrules.resource.k8s.io',
  'flowschemas.flowcontrol.apiserver.k8s.io',
  'podgroups.scheduling.k8s.io',
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io',
  'resourceclaims.resource.k8s.io',
  'resourcepoolstatusrequests.resource.k8s.io',
  'servicecidrs.networking.k8s.io',
  'storageversionmigrations.storagemigration.k8s.io',
  'storageversions.internal.apiserver.k8s.io',
  'validatingadmissionpolicies.admissionregistration.k8s.io',
  'volumeattachments.storage.k8s.io',
])

/** Kinds with more, or less, to their subresources than status and spec. By plural, group and subresource. */
const OWN: Readonly<Record<string, FieldSet>> = {
  'certificatesigningrequests.certificates.k8s.io': fieldSetOf([fieldElement('spec')], [fieldElement('status')]),
  'certificatesigningrequests.certificates.k8s.io/status': paths('spec', 'status.conditions'),
  'certificatesigningrequests.certificates.k8s.io/approval': paths('spec', 'status.certificate'),
  'deployments.apps/status': paths('spec', 'metadata.labels'),
  'namespaces./finalize': STATUS,
  'podcertificaterequests.certificates.k8s.io': EMPTY_SET,
  'pods./status': paths('spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'),
}

/**
 * What a request to a resource, or to a subresource (empty: none), cannot write; it leaves owners of that alone.
 * source: GetResetFields of kubernetes pkg/registry/*\/strategy.go
 */
export function resetFieldsOf(resource: ApiResource, subresource: string): FieldSet {
  const name = `${resource.plural}.${resource.group}`
  const own = OWN[subresource === '' ? name : `${name}/${subresource}`]
  if (own !== undefined && !resource.isCustom) return own
  if (subresource === '') return resource.subresources.has('status') ? STATUS : EMPTY_SET
  if (subresource !== 'status') return EMPTY_SET
  return resource.isCustom || STATUS_WITHOUT_METADATA.has(name) ? METADATA_AND_SPEC : SPEC
}

function paths(...dotted: readonly string[]): FieldSet {
  return fieldSetOf(...dotted.map((each) => each.split('.').map(fieldElement)))
}
