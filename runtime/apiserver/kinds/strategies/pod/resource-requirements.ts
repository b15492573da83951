import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { duplicate, forbiddenField, invalidValue, NOT_NEGATIVE, required } from '../field-errors.ts'
import { eachObject, mapIn, textIn } from '../json-parts.ts'
import { checkName, labelName } from '../names.ts'
import { quantityNanos } from '../quantity.ts'
import { checkContainerResourceName, isIntegerResource, isNativeResource } from '../resource-names.ts'

const NANO = 1_000_000_000n
/** Says whether a resource may stand there. */
export type CheckResourceName = (name: string, field: string) => FieldError[]

/**
 * Limits and requests. source: kubernetes pkg/apis/core/validation, validateResourceRequirements
 * `claims`: the names of the pod's resource claims.
 */
export function checkResources(
  resources: JsonObject,
  path: string,
  claims: readonly string[],
  checkResourceName: CheckResourceName = checkContainerResourceName,
): FieldError[] {
  const [limits, requests] = [mapIn(resources, 'limits'), mapIn(resources, 'requests')]
  const each = (list: Record<string, string>, key: string) =>
    Object.entries(list).flatMap(([name, amount]) => {
      const field = `${path}.${key}[${name}]`
      return [
        ...checkResourceName(name, field),
        ...checkAmount(name, amount, field),
        ...checkPages(name, amount, field),
      ]
    })
  return [
    ...each(limits, 'limits'),
    ...each(requests, 'requests'),
    ...Object.entries(requests).flatMap(([name, amount]) => requestFaults(name, amount, limits[name], path)),
    ...lonePages([...Object.keys(limits), ...Object.keys(requests)], path),
    ...checkClaims(resources, claims, path),
  ]
}

/** Things that are counted are whole. source: ValidateResourceQuantityValue */
function checkAmount(name: string, amount: string, field: string): FieldError[] {
  const nanos = quantityNanos(amount) ?? 0n
  return [
    ...(nanos < 0n ? [invalidValue(field, amount, NOT_NEGATIVE)] : []),
    ...(isIntegerResource(name) && nanos % NANO !== 0n ? [invalidValue(field, amount, 'must be an integer')] : []),
  ]
}

function checkPages(name: string, amount: string, field: string): FieldError[] {
  if (!name.startsWith('hugepages-')) return []
  const size = quantityNanos(name.slice('hugepages-'.length)) ?? 0n
  // Sizes are taken as whole, rounded up.
  const isDivisible = size > 0n && size % NANO === 0n && roundUp(quantityNanos(amount) ?? 0n) % (size / NANO) === 0n
  return isDivisible ? [] : [invalidValue(field, amount, `${amount} is not positive integer multiple of ${name}`)]
}

function roundUp(nanos: bigint): bigint {
  return nanos / NANO + (nanos % NANO > 0n ? 1n : 0n)
}

function requestFaults(name: string, request: string, limit: string | undefined, path: string): FieldError[] {
  const canDiffer = isNativeResource(name) && !name.startsWith('hugepages-')
  if (limit === undefined)
    return canDiffer ? [] : [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')]
  const [requested, allowed] = [quantityNanos(request) ?? 0n, quantityNanos(limit) ?? 0n]
  const field = `${path}.requests`
  if (!canDiffer && requested !== allowed)
    return [invalidValue(field, request, `must be equal to ${name} limit of ${limit}`)]
  return requested > allowed
    ? [invalidValue(field, request, `must be less than or equal to ${name} limit of ${limit}`)]
    : []
}

function lonePages(names: readonly string[], path: string): FieldError[] {
  const hasPages = names.some((name) => name.startsWith('hugepages-'))
  const hasOther = names.includes('cpu') || names.includes('memory')
  return hasPages && !hasOther ? [forbiddenField(path, 'HugePages require cpu or memory')] : []
}

/** Each of the pod's claims once, or some requests in it. source: validateResourceClaimNames */
function checkClaims(resources: JsonObject, claims: readonly string[], path: string): FieldError[] {
  const seen = new Set<string>()
  return eachObject(resources, 'claims', path, (claim, at) => {
    const [name, request] = [textIn(claim, 'name'), textIn(claim, 'request')]
    if (name === '') return [required(at)]
    const key = request === '' ? name : `${name}/${request}`
    const faults = request === '' || seen.has(name) ? [] : checkName(request, `${at}.request`, labelName)
    const overlaps = request === '' && [...seen].some((each) => each.startsWith(`${name}/`))
    if (seen.has(name)) faults.push(duplicate(at, name))
    else if (seen.has(key)) faults.push(duplicate(at, key))
    else if (overlaps) faults.push(duplicate(at, name))
    seen.add(seen.has(name) ? name : key)
    return claims.includes(name) ? faults : [...faults, unknownClaim(name, claims, at)]
  })
}

function unknownClaim(name: string, claims: readonly string[], field: string): FieldError {
  const known = claims.length === 0 ? ' which is empty' : `: ${[...claims].sort().join(', ')}`
  const detail = `must be one of the names in pod.spec.resourceClaims${known}`
  return { reason: 'FieldValueNotFound', field, badValue: name, detail }
}
