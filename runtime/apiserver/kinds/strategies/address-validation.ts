import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { canonicalAddress, checkCanonicalNetwork } from './cidr.ts'
import { IMMUTABLE, invalidValue, required } from './field-errors.ts'
import { isSame, jsonOf, objectIn, optionalObjectIn, textIn, textsIn } from './json-parts.ts'
import { checkName, ipAddress, isIpv4, pathName, subdomainName } from './names.ts'

const CIDRS = 'spec.cidrs'
const ONE_OF_EACH = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'

/** The address is the name. source: kubernetes pkg/apis/networking/validation, ValidateIPAddress */
export function validateIpAddress(address: ApiObject): FieldError[] {
  const parent = optionalObjectIn(objectIn(jsonOf(address), 'spec'), 'parentRef')
  const field = 'spec.parentRef'
  const name = address.metadata.name ?? ''
  const nameFaults = canonicalAddress(name) === name ? [] : addressFaults(name)
  if (parent === undefined) return [...nameFaults, required(field)]
  const group = textIn(parent, 'group')
  const namespace = textIn(parent, 'namespace')
  return [
    ...nameFaults,
    ...(group === '' ? [] : checkName(group, `${field}.group`, subdomainName)),
    ...['resource', 'name'].flatMap((key) => requiredSegment(parent, key, field)),
    ...(namespace === '' ? [] : checkName(namespace, `${field}.namespace`, pathName)),
  ]
}

function requiredSegment(parent: JsonObject, key: string, field: string): FieldError[] {
  const value = textIn(parent, key)
  return value === '' ? [required(`${field}.${key}`)] : checkName(value, `${field}.${key}`, pathName)
}

function addressFaults(name: string): FieldError[] {
  const field = 'metadata.name'
  const faults = checkName(name, field, ipAddress)
  if (faults.length > 0) return faults
  return [invalidValue(field, name, `must be in canonical form ("${canonicalAddress(name)}")`)]
}

export function validateIpAddressUpdate(address: ApiObject, old: ApiObject): FieldError[] {
  const [now, before] = [objectIn(jsonOf(address), 'spec').parentRef, objectIn(jsonOf(old), 'spec').parentRef]
  const isKept = isSame(now, before)
  return [
    ...validateIpAddress(address),
    ...(isKept ? [] : [invalidValue('spec.parentRef', internalParent(now as JsonObject), IMMUTABLE)]),
  ]
}

function internalParent(parent: JsonObject | undefined): JsonObject | null {
  if (parent === undefined) return null
  const text = (key: string) => textIn(parent, key)
  return { Group: text('group'), Resource: text('resource'), Namespace: text('namespace'), Name: text('name') }
}

/** source: kubernetes pkg/apis/networking/validation, ValidateServiceCIDR */
export function validateServiceCidr(object: ApiObject): FieldError[] {
  return checkCidrs(cidrsOf(object))
}

function checkCidrs(cidrs: readonly string[]): FieldError[] {
  if (cidrs.length === 0) return [required(CIDRS, 'at least one CIDR required')]
  if (cidrs.length > 2) return [invalidValue(CIDRS, { CIDRs: [...cidrs] }, 'may only hold up to 2 values')]
  const [first = '', second] = cidrs.map((cidr) => isIpv4(cidr.split('/')[0] as string))
  const faults = cidrs.flatMap((cidr, index) => checkCanonicalNetwork(cidr, `${CIDRS}[${index}]`))
  const isTwice = second !== undefined && first === second && faults.length === 0
  return isTwice ? [invalidValue(CIDRS, [...cidrs], ONE_OF_EACH)] : faults
}

/** A second network may come later, for the other sort of addresses. */
export function validateServiceCidrUpdate(object: ApiObject, old: ApiObject): FieldError[] {
  const [now, before] = [cidrsOf(object), cidrsOf(old)]
  const changed = before.flatMap((cidr, index) =>
    now[index] === cidr ? [] : [invalidValue(`${CIDRS}[${index}]`, now[index] ?? '', IMMUTABLE)],
  )
  if (now.length === before.length) return changed
  if (before.length === 1 && now.length === 2) return [...changed, ...checkCidrs(now)]
  return [invalidValue(CIDRS, now.length === 0 ? null : now, IMMUTABLE)]
}

function cidrsOf(object: ApiObject): string[] {
  return textsIn(objectIn(jsonOf(object), 'spec'), 'cidrs')
}
