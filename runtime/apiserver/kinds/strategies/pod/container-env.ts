import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { checkRequired, invalidValue, notFoundValue, required } from '../field-errors.ts'
import { eachObject, objectIn, objectsIn, optionalObjectIn, textIn } from '../json-parts.ts'
import { checkName, configMapKey, envVarName, labelName, subdomainName } from '../names.ts'
import { checkFieldRef, checkResourceFieldRef, ENV_FIELDS } from './field-selectors.ts'
import { checkNoBacksteps } from './local-path.ts'
import { containersOf } from './pod-containers.ts'

type CheckSource = (source: JsonObject, field: string) => FieldError[]

/** Where a variable's value may come from, in kube-apiserver's order. */
const SOURCES: Readonly<Record<string, CheckSource>> = {
  fieldRef: (source, field) => checkFieldRef(source, ENV_FIELDS, field),
  resourceFieldRef: (source, field) => checkResourceFieldRef(source, false, field),
  configMapKeyRef: checkKeyRef,
  secretKeyRef: checkKeyRef,
  fileKeyRef: checkFileKeyRef,
}
const SOURCES_TEXT = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'
const MORE_THAN_ONE = 'may not have more than one field specified at a time'

/** source: kubernetes pkg/apis/core/validation, ValidateEnv and ValidateEnvFrom */
export function checkEnvironment(container: JsonObject, field: string): FieldError[] {
  return [
    ...eachObject(container, 'env', field, (variable, at) => {
      const name = textIn(variable, 'name')
      return [
        ...(name === '' ? [required(`${at}.name`)] : checkName(name, `${at}.name`, envVarName)),
        ...checkValueFrom(variable, `${at}.valueFrom`),
      ]
    }),
    ...eachObject(container, 'envFrom', field, (source, at) => checkEnvFrom(source, at, `${field}.envFrom`)),
  ]
}

/** Variables that are read of a file: it is in an emptyDir. source: validateFileKeyRefVolumes */
export function checkEnvFiles(spec: JsonObject, field: string): FieldError[] {
  const volumes = new Map(objectsIn(spec, 'volumes').map((volume) => [textIn(volume, 'name'), volume]))
  return containersOf(spec, field).flatMap(({ container, field: path }) =>
    eachObject(container, 'env', path, (variable, at) => {
      const reference = optionalObjectIn(objectIn(variable, 'valueFrom'), 'fileKeyRef')
      if (reference === undefined) return []
      const name = textIn(reference, 'volumeName')
      const volume = volumes.get(name)
      const place = `${at}.valueFrom.fileKeyRef.volumeName`
      if (volume === undefined) return [notFoundValue(place, name)]
      return volume.emptyDir === undefined
        ? [invalidValue(place, name, 'referenced volume must be of type emptyDir')]
        : []
    }),
  )
}

function checkValueFrom(variable: JsonObject, path: string): FieldError[] {
  const source = optionalObjectIn(variable, 'valueFrom')
  if (source === undefined) return []
  const given = Object.entries(SOURCES).filter(([key]) => source[key] !== undefined)
  const faults = given.flatMap(([key, check]) => check(objectIn(source, key), `${path}.${key}`))
  if (given.length === 0) return [invalidValue(path, '', `must specify one of: ${SOURCES_TEXT}`)]
  if (textIn(variable, 'value') !== '')
    return [...faults, invalidValue(path, '', 'may not be specified when `value` is not empty')]
  return given.length === 1 ? faults : [...faults, invalidValue(path, '', MORE_THAN_ONE)]
}

function checkKeyRef(reference: JsonObject, field: string): FieldError[] {
  const key = textIn(reference, 'key')
  return [
    ...checkName(textIn(reference, 'name'), `${field}.name`, subdomainName),
    ...(key === '' ? [required(`${field}.key`)] : checkName(key, `${field}.key`, configMapKey)),
  ]
}

function checkFileKeyRef(reference: JsonObject, field: string): FieldError[] {
  const [key, volume, path] = [textIn(reference, 'key'), textIn(reference, 'volumeName'), textIn(reference, 'path')]
  return [
    ...checkRequired(reference, field, ['key', 'volumeName', 'path']),
    ...(key === '' ? [] : checkName(key, `${field}.key`, envVarName)),
    ...(volume === '' ? [] : checkName(volume, `${field}.volumeName`, labelName)),
    ...checkNoBacksteps(path, `${field}.path`),
  ]
}

/** How many sources there are is said of the list. */
function checkEnvFrom(source: JsonObject, path: string, list: string): FieldError[] {
  const prefix = textIn(source, 'prefix')
  const given = ['configMapRef', 'secretRef'].filter((each) => source[each] !== undefined)
  const faults = given.flatMap((each) => {
    const name = textIn(objectIn(source, each), 'name')
    const field = `${path}.${each}.name`
    return name === '' ? [required(field)] : checkName(name, field, subdomainName)
  })
  if (prefix !== '') faults.unshift(...checkName(prefix, `${path}.prefix`, envVarName))
  if (given.length === 0) faults.push(invalidValue(list, '', 'must specify one of: `configMapRef` or `secretRef`'))
  if (given.length > 1) faults.push(invalidValue(list, '', MORE_THAN_ONE))
  return faults
}
