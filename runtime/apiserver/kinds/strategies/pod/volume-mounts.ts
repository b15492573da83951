import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { checkOneOfOptional, forbiddenField, invalidValue, notFoundValue, required } from '../field-errors.ts'
import { eachObject, objectIn, objectsIn, textIn } from '../json-parts.ts'
import { checkDescendingPath } from './local-path.ts'

/** The volumes of a pod that are well, by their names: others cannot be mounted. */
export type Volumes = ReadonlyMap<string, JsonObject>

/** source: kubernetes pkg/apis/core/validation, ValidateVolumeMounts */
export function checkMounts(container: JsonObject, volumes: Volumes, field: string): FieldError[] {
  const devices = objectsIn(container, 'volumeDevices')
  const paths = new Set<string>()
  const list = `${field}.volumeMounts`
  return eachObject(container, 'volumeMounts', field, (mount, at) => {
    const [name, target] = [textIn(mount, 'name'), textIn(mount, 'mountPath')]
    const isTwice = paths.has(target)
    paths.add(target)
    return [
      ...(name === '' ? [required(`${at}.name`)] : []),
      ...(volumes.has(name) ? [] : [notFoundValue(`${at}.name`, name)]),
      ...(target === '' ? [required(`${at}.mountPath`)] : []),
      ...(isTwice ? [invalidValue(`${at}.mountPath`, target, 'must be unique')] : []),
      ...(devices.some((device) => textIn(device, 'name') === name)
        ? [invalidValue(`${at}.name`, name, 'must not already exist in volumeDevices')]
        : []),
      ...(devices.some((device) => textIn(device, 'devicePath') === target)
        ? [invalidValue(`${at}.mountPath`, target, 'must not already exist as a path in volumeDevices')]
        : []),
      ...checkSubPath(mount, list, at),
      ...checkPropagation(mount, container, `${list}.mountPropagation`),
      ...checkRecursiveReadOnly(mount, `${list}.recursiveReadOnly`),
    ]
  })
}

/** What is wrong with a path is said of the list, not of the mount. */
function checkSubPath(mount: JsonObject, list: string, at: string): FieldError[] {
  const [path, expression] = [textIn(mount, 'subPath'), textIn(mount, 'subPathExpr')]
  return [
    ...checkDescendingPath(path, `${list}.subPath`),
    ...(path !== '' && expression !== ''
      ? [invalidValue(`${at}.subPathExpr`, expression, 'subPathExpr and subPath are mutually exclusive')]
      : []),
    ...checkDescendingPath(expression, `${list}.subPathExpr`),
  ]
}

function checkPropagation({ mountPropagation }: JsonObject, container: JsonObject, field: string): FieldError[] {
  const isPrivileged = objectIn(container, 'securityContext').privileged === true
  const text = 'Bidirectional mount propagation is available only to privileged containers'
  return [
    ...checkOneOfOptional(mountPropagation, field, ['Bidirectional', 'HostToContainer', 'None']),
    ...(mountPropagation === 'Bidirectional' && !isPrivileged ? [forbiddenField(field, text)] : []),
  ]
}

function checkRecursiveReadOnly(mount: JsonObject, field: string): FieldError[] {
  const { recursiveReadOnly: mode, mountPropagation = 'None' } = mount
  if (mode === undefined || mode === 'Disabled') return []
  if (mode !== 'Enabled' && mode !== 'IfPossible')
    return checkOneOfOptional(mode, field, ['Disabled', 'Enabled', 'IfPossible'])
  return [
    ...(mount.readOnly === true ? [] : [forbiddenField(field, 'may only be specified when readOnly is true')]),
    ...(mountPropagation === 'None'
      ? []
      : [forbiddenField(field, 'may only be specified when mountPropagation is None or not specified')]),
  ]
}

/** source: ValidateVolumeDevices */
export function checkDevices(container: JsonObject, volumes: Volumes, field: string): FieldError[] {
  const mounts = objectsIn(container, 'volumeMounts')
  const [names, paths] = [new Set<string>(), new Set<string>()]
  return eachObject(container, 'volumeDevices', field, (device, at) => {
    const [name, path] = [textIn(device, 'name'), textIn(device, 'devicePath')]
    const hasBacksteps = path.split('/').includes('..')
    const faults = [
      ...(name === '' ? [required(`${at}.name`)] : []),
      ...(names.has(name) ? [invalidValue(`${at}.name`, name, 'must be unique')] : []),
      ...checkDeviceVolume(volumes.get(name), name, `${at}.name`),
      ...(path === '' ? [required(`${at}.devicePath`)] : []),
      ...(paths.has(path) ? [invalidValue(`${at}.devicePath`, path, 'must be unique')] : []),
      ...(hasBacksteps ? [invalidValue(`${at}.devicePath`, path, "can not contain backsteps ('..')")] : []),
      ...(mounts.some((mount) => textIn(mount, 'name') === name)
        ? [invalidValue(`${at}.name`, name, 'must not already exist in volumeMounts')]
        : []),
      ...(mounts.some((mount) => textIn(mount, 'mountPath') === path)
        ? [invalidValue(`${at}.devicePath`, path, 'must not already exist as a path in volumeMounts')]
        : []),
    ]
    if (name !== '') names.add(name)
    if (!hasBacksteps) paths.add(path)
    return faults
  })
}

function checkDeviceVolume(volume: JsonObject | undefined, name: string, field: string): FieldError[] {
  if (volume === undefined) return [notFoundValue(field, name)]
  if (volume.persistentVolumeClaim !== undefined || volume.ephemeral !== undefined) return []
  const text = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'
  return [invalidValue(field, name, text)]
}
