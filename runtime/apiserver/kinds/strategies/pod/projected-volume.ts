import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { checkRequired, forbiddenField, invalidValue, required } from '../field-errors.ts'
import { eachObject, numberIn, objectIn, objectsIn, optionalObjectIn, textIn } from '../json-parts.ts'
import { checkFieldRef, checkResourceFieldRef, VOLUME_FIELDS } from './field-selectors.ts'
import { checkFileMode, checkItem } from './file-projection.ts'
import { checkFilePath } from './local-path.ts'

const MIN_TOKEN_SECONDS = 600
const MAX_TOKEN_SECONDS = 2 ** 32

/** Files of several sources in one folder. source: kubernetes pkg/apis/core/validation, validateProjectionSources */
export function checkProjected(volume: JsonObject, field: string): FieldError[] {
  const paths = new Set<string>()
  return eachObject(volume, 'sources', field, (source, at) => {
    const given = ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken'].filter(
      (key) => source[key] !== undefined,
    )
    return [
      ...checkKeys(source, 'secret', paths, field, at),
      ...checkKeys(source, 'configMap', paths, field, at),
      ...objectsIn(objectIn(source, 'downwardAPI'), 'items').flatMap((file) => [
        ...checkDownwardFile(file, `${at}.downwardAPI`),
        ...claimPath(textIn(file, 'path'), textIn(file, 'path'), paths, field),
      ]),
      ...checkToken(optionalObjectIn(source, 'serviceAccountToken'), field, `${at}.serviceAccountToken`),
      ...(given.length > 1 ? [forbiddenField(at, 'may not specify more than 1 volume type per source')] : []),
    ]
  })
}

function checkKeys(source: JsonObject, key: string, paths: Set<string>, field: string, at: string): FieldError[] {
  const part = optionalObjectIn(source, key)
  if (part === undefined) return []
  const name = textIn(part, 'name')
  return [
    ...checkRequired(part, `${at}.${key}`, ['name']),
    ...eachObject(part, 'items', `${at}.${key}`, (item, place) => [
      ...checkItem(item, place),
      ...claimPath(textIn(item, 'path'), name, paths, field),
    ]),
  ]
}

/** Two sources may not write the same file. `shown`: whose fault it is said to be. */
function claimPath(path: string, shown: string, paths: Set<string>, field: string): FieldError[] {
  if (path === '') return []
  if (paths.has(path)) return [invalidValue(field, shown, 'conflicting duplicate paths')]
  paths.add(path)
  return []
}

/** Where a token goes is said of the volume, not of the source. */
function checkToken(token: JsonObject | undefined, field: string, at: string): FieldError[] {
  if (token === undefined) return []
  const seconds = numberIn(token, 'expirationSeconds')
  const path = textIn(token, 'path')
  const place = `${at}.expirationSeconds`
  return [
    ...(seconds < MIN_TOKEN_SECONDS
      ? [invalidValue(place, seconds, 'may not specify a duration less than 10 minutes')]
      : []),
    ...(seconds > MAX_TOKEN_SECONDS
      ? [invalidValue(place, seconds, 'may not specify a duration larger than 2^32 seconds')]
      : []),
    ...(path === '' ? [required(`${field}.path`)] : checkFilePath(path, `${field}.path`)),
  ]
}

/** A token is of an account, and a pod without one gets none. */
export function checkTokensHaveAccount(spec: JsonObject, field: string): FieldError[] {
  if (textIn(spec, 'serviceAccountName') !== '') return []
  return eachObject(spec, 'volumes', field, (volume, at) =>
    eachObject(objectIn(volume, 'projected'), 'sources', `${at}.projected`, (source, place) =>
      source.serviceAccountToken === undefined
        ? []
        : [forbiddenField(`${place}.serviceAccountToken`, 'must not be specified when serviceAccountName is not set')],
    ),
  )
}

/** source: validateDownwardAPIVolumeFile */
export function checkDownwardFile(file: JsonObject, field: string): FieldError[] {
  return [
    ...checkRequired(file, field, ['path']),
    ...checkFilePath(textIn(file, 'path'), `${field}.path`),
    ...checkDownwardSource(file, field),
    ...checkFileMode(file.mode, `${field}.mode`),
  ]
}

function checkDownwardSource(file: JsonObject, field: string): FieldError[] {
  const fieldRef = optionalObjectIn(file, 'fieldRef')
  const resourceRef = optionalObjectIn(file, 'resourceFieldRef')
  const both = 'fieldRef and resourceFieldRef can not be specified simultaneously'
  if (fieldRef !== undefined)
    return [
      ...checkFieldRef(fieldRef, VOLUME_FIELDS, `${field}.fieldRef`),
      ...(resourceRef === undefined ? [] : [invalidValue(field, 'resource', both)]),
    ]
  return resourceRef === undefined
    ? [required(field, 'one of fieldRef and resourceFieldRef is required')]
    : checkResourceFieldRef(resourceRef, true, `${field}.resourceFieldRef`)
}
