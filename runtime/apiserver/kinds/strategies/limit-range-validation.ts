import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { duplicate, forbiddenField, invalidValue, required } from './field-errors.ts'
import { jsonOf, mapIn, objectIn, objectsIn, textIn } from './json-parts.ts'
import { checkName, qualifiedName } from './names.ts'
import { compareQuantities, quantityMillis } from './quantity.ts'
import { checkContainerResourceName, checkResourceName, isNativeResource } from './resource-names.ts'

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim']
const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const

/** The amounts that an item has for one resource. */
type Amounts = Readonly<Partial<Record<(typeof LISTS)[number], string>>>

/** source: kubernetes pkg/apis/core/validation, ValidateLimitRange */
export function validateLimitRange(limitRange: ApiObject): FieldError[] {
  const seen = new Set<string>()
  return objectsIn(objectIn(jsonOf(limitRange), 'spec'), 'limits').flatMap((item, index) => {
    const path = `spec.limits[${index}]`
    const type = textIn(item, 'type')
    const isTwice = seen.has(type)
    seen.add(type)
    return [
      ...typeFaults(type, `${path}.type`),
      ...(isTwice ? [duplicate(`${path}.type`, type)] : []),
      ...nameFaults(item, type, path),
      ...amountFaults(item, type, path),
    ]
  })
}

function typeFaults(type: string, field: string): FieldError[] {
  const faults = checkName(type, field, qualifiedName)
  if (faults.length > 0 || type.includes('/') || TYPES.includes(type)) return faults
  return [invalidValue(field, type, 'must be a standard limit type or fully qualified')]
}

function nameFaults(item: JsonObject, type: string, path: string): FieldError[] {
  const check = type === 'Pod' || type === 'Container' ? checkContainerResourceName : checkResourceName
  const faultsOf = (list: string) =>
    Object.keys(mapIn(item, list)).flatMap((name) => check(name, `${path}.${list}[${name}]`))
  const defaults = ['default', 'defaultRequest'].flatMap((list) => {
    if (type !== 'Pod') return faultsOf(list)
    const isThere = Object.keys(mapIn(item, list)).length > 0
    return isThere ? [forbiddenField(`${path}.${list}`, "may not be specified when `type` is 'Pod'")] : []
  })
  const needsStorage =
    type === 'PersistentVolumeClaim' &&
    mapIn(item, 'min').storage === undefined &&
    mapIn(item, 'max').storage === undefined
  return [
    ...faultsOf('max'),
    ...faultsOf('min'),
    ...defaults,
    ...(needsStorage
      ? [required(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided')]
      : []),
    ...faultsOf('maxLimitRequestRatio'),
  ]
}

function amountFaults(item: JsonObject, type: string, path: string): FieldError[] {
  const lists = type === 'Pod' ? LISTS.filter((list) => !list.startsWith('default')) : LISTS
  const names = new Set(lists.flatMap((list) => Object.keys(mapIn(item, list))))
  return [...names].flatMap((name) => {
    const amounts = Object.fromEntries(lists.map((list) => [list, amountIn(mapIn(item, list), name)])) as Amounts
    return [
      ...orderFaults(name, amounts, path),
      ...ratioFaults(name, amounts, path),
      ...shareFaults(name, amounts, path),
    ]
  })
}

function amountIn(list: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(list, name) ? list[name] : undefined
}

/** What must not be greater than what, and which field is to blame with which value. */
function orderFaults(
  name: string,
  { min, max, default: limit, defaultRequest: request }: Amounts,
  path: string,
): FieldError[] {
  return [
    above(min, max, `${path}.min[${name}]`, min, (a, b) => `min value ${a} is greater than max value ${b}`),
    above(
      min,
      request,
      `${path}.defaultRequest[${name}]`,
      request,
      (a, b) => `min value ${a} is greater than default request value ${b}`,
    ),
    above(
      request,
      max,
      `${path}.defaultRequest[${name}]`,
      request,
      (a, b) => `default request value ${a} is greater than max value ${b}`,
    ),
    above(
      request,
      limit,
      `${path}.defaultRequest[${name}]`,
      request,
      (a, b) => `default request value ${a} is greater than default limit value ${b}`,
    ),
    above(min, limit, `${path}.default[${name}]`, min, (a, b) => `min value ${a} is greater than default value ${b}`),
    above(limit, max, `${path}.default[${name}]`, max, (a, b) => `default value ${a} is greater than max value ${b}`),
  ].flat()
}

function above(
  a: string | undefined,
  b: string | undefined,
  field: string,
  shown: string | undefined,
  explain: (a: string, b: string) => string,
): FieldError[] {
  if (a === undefined || b === undefined || compareQuantities(a, b) <= 0) return []
  return [invalidValue(field, shown, explain(a, b))]
}

function ratioFaults(name: string, { maxLimitRequestRatio: ratio, min, max }: Amounts, path: string): FieldError[] {
  if (ratio === undefined) return []
  const field = `${path}.maxLimitRequestRatio[${name}]`
  const faults = compareQuantities(ratio, '1') < 0 ? [invalidValue(field, ratio, `ratio ${ratio} is less than 1`)] : []
  if (min === undefined || max === undefined) return faults
  const most = Number(quantityMillis(max)) / Number(quantityMillis(min))
  if (Number(quantityMillis(ratio)) / 1000 > most)
    faults.push(invalidValue(field, ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`))
  return faults
}

/** What cannot be shared is had as a whole. */
function shareFaults(name: string, { default: limit, defaultRequest: request }: Amounts, path: string): FieldError[] {
  const canBeShared = isNativeResource(name) && !name.startsWith('hugepages-')
  if (canBeShared || limit === undefined || request === undefined || compareQuantities(limit, request) === 0) return []
  const why = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`
  return [invalidValue(`${path}.defaultRequest[${name}]`, request, why)]
}
