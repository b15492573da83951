import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { checkOneOf, checkOneOfOptional, duplicate, IMMUTABLE, invalidValue, required } from './field-errors.ts'
import { eachObject, isSame, jsonOf, objectsIn, textIn, textsIn } from './json-parts.ts'
import { checkName, qualifiedName } from './names.ts'

export function validateStorageClass(storageClass: ApiObject): FieldError[] {
  const provisioner = textIn(jsonOf(storageClass), 'provisioner')
  return [
    ...(provisioner === ''
      ? [required('provisioner')]
      : checkName(provisioner.toLowerCase(), 'provisioner', qualifiedName)),
    ...checkOneOf(textIn(jsonOf(storageClass), 'reclaimPolicy'), 'reclaimPolicy', ['Delete', 'Retain']),
    ...checkOneOfOptional(jsonOf(storageClass).volumeBindingMode, 'volumeBindingMode', [
      'Immediate',
      'WaitForFirstConsumer',
    ]),
    ...checkTopologies(jsonOf(storageClass)),
  ]
}

/** Where volumes may be. source: kubernetes pkg/apis/storage/validation, validateAllowedTopologies */
function checkTopologies(storageClass: JsonObject): FieldError[] {
  return eachObject(storageClass, 'allowedTopologies', '', (term, place) => {
    const keys = new Set<string>()
    return eachObject(term, 'matchLabelExpressions', place.slice(1), (each, at) => {
      const [key, values] = [textIn(each, 'key'), textsIn(each, 'values')]
      const isTwice = keys.has(key)
      keys.add(key)
      return [
        ...(values.length === 0 ? [required(`${at}.values`)] : []),
        ...values.flatMap((value, index) =>
          values.indexOf(value) < index ? [duplicate(`${at}.values[${index}]`, value)] : [],
        ),
        ...checkName(key, `${at}.key`, qualifiedName),
        ...(isTwice ? [duplicate(`${at}.key`, key)] : []),
      ]
    })
  })
}

export function validateStorageClassUpdate(storageClass: ApiObject, old: ApiObject): FieldError[] {
  const changed = ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'].filter(
    (field) => !isSame(jsonOf(storageClass)[field], jsonOf(old)[field]),
  )
  return [
    ...validateStorageClass(storageClass),
    ...changed.map((field) => invalidValue(field, jsonOf(storageClass)[field], IMMUTABLE)),
  ]
}

export function validateControllerRevision(revision: ApiObject): FieldError[] {
  const { data } = jsonOf(revision)
  const number = jsonOf(revision).revision
  return [
    ...(typeof number === 'number' && number < 0
      ? [invalidValue('revision', number, 'must be greater than or equal to 0')]
      : []),
    ...(data === undefined || data === null ? [required('data', 'data is mandatory')] : []),
    ...(data !== undefined && data !== null && (typeof data !== 'object' || Array.isArray(data))
      ? [required('data', 'data must be a valid JSON object')]
      : []),
  ]
}

export function validateControllerRevisionUpdate(revision: ApiObject, old: ApiObject): FieldError[] {
  const isKept = isSame(jsonOf(revision).data, jsonOf(old).data)
  const shown = objectsIn({ data: [jsonOf(revision).data ?? null] }, 'data')[0] ?? null
  return [
    ...validateControllerRevision(revision),
    ...(isKept ? [] : [invalidValue('data', shown, 'field is immutable')]),
  ]
}
