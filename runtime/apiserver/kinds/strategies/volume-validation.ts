import type { FieldError } from '../../field-error.ts'
import type { JsonObject } from '../../json.ts'
import { checkOneOf, duplicate, forbiddenField, invalidValue, required } from './field-errors.ts'
import { objectIn, objectsIn, optionalObjectIn, textIn } from './json-parts.ts'
import { checkName, labelName } from './names.ts'

/** Which field of a source must be there. */
const REQUIRED: Readonly<Record<string, string>> = {
  configMap: 'name',
  secret: 'secretName',
  persistentVolumeClaim: 'claimName',
  hostPath: 'path',
  csi: 'driver',
}

/** source: kubernetes pkg/apis/core/validation, ValidateVolumes */
export function checkVolumes(volumes: readonly JsonObject[], field: string): FieldError[] {
  const names = new Set<string>()
  return volumes.flatMap((volume, index) => {
    const path = `${field}[${index}]`
    const name = textIn(volume, 'name')
    const faults = [...sourceFaults(volume, path)]
    if (name === '') faults.push(required(`${path}.name`))
    else faults.push(...checkName(name, `${path}.name`, labelName))
    if (name !== '' && names.has(name)) faults.push(duplicate(`${path}.name`, name))
    names.add(name)
    return faults
  })
}

function sourceFaults(volume: JsonObject, path: string): FieldError[] {
  // Two sources: the first in Go's order counts, and emptyDir is looked at before all others.
  const sources = Object.keys(volume).filter((key) => key !== 'name')
  const [, ...others] = sources.sort((a, b) => Number(b === 'emptyDir') - Number(a === 'emptyDir'))
  return [
    ...Object.entries(REQUIRED).flatMap(([source, key]) => {
      const value = optionalObjectIn(volume, source)
      return value !== undefined && textIn(value, key) === '' ? [required(`${path}.${source}.${key}`)] : []
    }),
    ...itemFaults(volume, path),
    ...others.map((source) => forbiddenField(`${path}.${source}`, 'may not specify more than 1 volume type')),
  ]
}

function itemFaults(volume: JsonObject, path: string): FieldError[] {
  return ['configMap', 'secret'].flatMap((source) =>
    objectsIn(objectIn(volume, source), 'items').flatMap((item, index) => {
      const field = `${path}.${source}.items[${index}]`
      const target = textIn(item, 'path')
      return [
        ...(textIn(item, 'key') === '' ? [required(`${field}.key`)] : []),
        ...(target === '' ? [required(`${field}.path`)] : pathFaults(target, `${field}.path`)),
      ]
    }),
  )
}

function pathFaults(path: string, field: string): FieldError[] {
  if (path.startsWith('/')) return [invalidValue(field, path, 'must be a relative path')]
  return path.split('/').includes('..') ? [invalidValue(field, path, "must not contain '..'")] : []
}

export function checkAccessModes(modes: readonly string[], field: string): FieldError[] {
  const known = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
  return modes.flatMap((mode) => checkOneOf(mode, field, known))
}
