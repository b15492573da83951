import type { FieldError } from '../../../field-error.ts'
import type { ApiObject, JsonObject } from '../../../json.ts'
import { duplicate, forbiddenField, invalidValue, required } from '../field-errors.ts'
import { objectIn, objectsIn, optionalObjectIn, textIn } from '../json-parts.ts'
import { checkName, labelName, subdomainName } from '../names.ts'
import type { Volumes } from './volume-mounts.ts'
import { VOLUME_SOURCES } from './volume-sources.ts'

/** Names by which messages call sources otherwise than by their field. */
const REFUSED_NAMES: Readonly<Record<string, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' }
const MAX_ISCSI_NAME = 64

/**
 * source: kubernetes pkg/apis/core/validation, ValidateVolumes
 * `pod`: undefined of a template, whose pods have names yet to come.
 */
export function checkVolumes(
  spec: JsonObject,
  pod: ApiObject | undefined,
  field: string,
): { volumes: Volumes; faults: FieldError[] } {
  const volumes = new Map<string, JsonObject>()
  const created = new Set(createdClaims(spec, pod))
  const faults = objectsIn(spec, 'volumes').flatMap((volume, index) => {
    const path = `${field}.volumes[${index}]`
    const name = textIn(volume, 'name')
    const own = [...checkSource(volume, pod, path), ...checkVolumeName(name, volumes, `${path}.name`)]
    if (own.length === 0) volumes.set(name, volume)
    const claim = textIn(objectIn(volume, 'persistentVolumeClaim'), 'claimName')
    const text = 'must not reference a PVC that gets created for an ephemeral volume'
    return created.has(claim) ? [...own, invalidValue(`${path}.persistentVolumeClaim.claimName`, claim, text)] : own
  })
  return { volumes, faults }
}

function checkVolumeName(name: string, volumes: Volumes, field: string): FieldError[] {
  if (name === '') return [required(field)]
  return [...checkName(name, field, labelName), ...(volumes.has(name) ? [duplicate(field, name)] : [])]
}

/** One source alone; of more the first in kube-apiserver's order counts. */
function checkSource(volume: JsonObject, pod: ApiObject | undefined, path: string): FieldError[] {
  const given = Object.entries(VOLUME_SOURCES).filter(([key]) => volume[key] !== undefined)
  const [first, ...others] = given
  if (first === undefined) return [required(path, 'must specify a volume type')]
  const [key, { check, calledAs = key }] = first
  return [
    ...check(objectIn(volume, key), `${path}.${calledAs}`, pod !== undefined),
    ...others.map(([each]) =>
      forbiddenField(`${path}.${REFUSED_NAMES[each] ?? each}`, 'may not specify more than 1 volume type'),
    ),
    ...longInitiator(volume, path),
    ...(key === 'ephemeral' ? claimNameFaults(volume, pod, path) : []),
  ]
}

function longInitiator(volume: JsonObject, path: string): FieldError[] {
  const iscsi = optionalObjectIn(volume, 'iscsi')
  const name = textIn(volume, 'name')
  if (iscsi?.initiatorName === undefined || `${name}:${textIn(iscsi, 'targetPortal')}`.length <= MAX_ISCSI_NAME)
    return []
  return [invalidValue(`${path}.name`, name, LONG_INITIATOR)]
}

export const LONG_INITIATOR =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'

function claimNameFaults(volume: JsonObject, pod: ApiObject | undefined, path: string): FieldError[] {
  const name = textIn(volume, 'name')
  const claim = `${pod?.metadata.name}-${name}`
  if (name === '' || (pod?.metadata.name ?? '') === '') return []
  return subdomainName(claim).map((text) => invalidValue(`${path}.name`, name, `PVC name "${claim}": ${text}`))
}

/** Of an ephemeral volume a claim is made, by the pod's name. */
function createdClaims(spec: JsonObject, pod: ApiObject | undefined): string[] {
  const podName = pod?.metadata.name ?? ''
  if (podName === '') return []
  return objectsIn(spec, 'volumes')
    .filter((volume) => volume.ephemeral !== undefined)
    .map((volume) => `${podName}-${textIn(volume, 'name')}`)
}
