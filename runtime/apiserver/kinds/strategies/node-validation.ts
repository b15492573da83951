import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { CIDR_FAULT, isCidr } from './cidr.ts'
import { checkNotNegative, checkOneOf, duplicate, forbiddenField, invalidValue } from './field-errors.ts'
import { isSame, jsonOf, mapIn, objectIn, objectsIn, textIn, textsIn } from './json-parts.ts'
import { checkName, isIpv4, labelValue, qualifiedName } from './names.ts'
import { quantityNanos } from './quantity.ts'

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

/** source: kubernetes pkg/apis/core/validation, ValidateNode */
export function validateNode(node: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(node), 'spec')
  // The real one says so, though they are in the spec.
  return [...taintFaults(objectsIn(spec, 'taints'), 'metadata.taints'), ...amountFaults(node), ...cidrFaults(spec)]
}

/** The real one looks twice at taints and amounts, and so lists twice what it finds. */
export function validateNodeUpdate(node: ApiObject, old: ApiObject): FieldError[] {
  return [...validateNode(node), ...validateNodeStatusUpdate(node, old)]
}

/** What the status subresource checks: the whole object but its address ranges. */
export function validateNodeStatusUpdate(node: ApiObject, old: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(node), 'spec')
  const before = objectIn(jsonOf(old), 'spec')
  return [
    ...amountFaults(node),
    ...addressFaults(objectsIn(objectIn(jsonOf(node), 'status'), 'addresses')),
    ...(textsIn(before, 'podCIDRs').length > 0 && !isSame(spec.podCIDRs, before.podCIDRs)
      ? [forbiddenField('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid')]
      : []),
    ...(textIn(before, 'providerID') !== '' && spec.providerID !== before.providerID
      ? [forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid')]
      : []),
    ...taintFaults(objectsIn(spec, 'taints'), 'metadata.taints'),
  ]
}

function taintFaults(taints: readonly JsonObject[], field: string): FieldError[] {
  const seen = new Set<string>()
  return taints.flatMap((taint, index) => {
    const path = `${field}[${index}]`
    const [key, value, effect] = [textIn(taint, 'key'), textIn(taint, 'value'), textIn(taint, 'effect')]
    const faults = [
      ...checkName(key, `${path}.key`, qualifiedName),
      ...checkName(value, `${path}.value`, labelValue),
      ...checkOneOf(effect, `${path}.effect`, EFFECTS),
    ]
    const shown = { Key: key, Value: value, Effect: effect, TimeAdded: taint.timeAdded ?? null }
    if (seen.has(`${effect}/${key}`))
      faults.push({ ...duplicate(path, shown), detail: 'taints must be unique by key and effect pair' })
    seen.add(`${effect}/${key}`)
    return faults
  })
}

function amountFaults(node: ApiObject): FieldError[] {
  const status = objectIn(jsonOf(node), 'status')
  return ['capacity', 'allocatable'].flatMap((list) =>
    Object.entries(mapIn(status, list)).flatMap(([name, amount]) =>
      checkNotNegative((quantityNanos(amount) ?? 0n) < 0n ? -1 : 0, `status.${list}.${name}`).map((fault) => ({
        ...fault,
        badValue: amount,
      })),
    ),
  )
}

function addressFaults(addresses: readonly JsonObject[]): FieldError[] {
  const seen = new Set<string>()
  return addresses.flatMap(({ type = '', address = '' }, index) => {
    const isNew = !seen.has(`${type} ${address}`)
    seen.add(`${type} ${address}`)
    return isNew ? [] : [duplicate(`status.addresses[${index}]`, { Type: type, Address: address })]
  })
}

function cidrFaults(spec: JsonObject): FieldError[] {
  const field = 'spec.podCIDRs'
  const cidrs = textsIn(spec, 'podCIDRs')
  const wrong = cidrs.flatMap((cidr, index) =>
    isCidr(cidr) ? [] : [invalidValue(`${field}[${index}]`, cidr, CIDR_FAULT)],
  )
  if (wrong.length > 0 || cidrs.length < 2) return wrong
  const families = new Set(cidrs.map((cidr) => isIpv4(cidr.split('/')[0] as string)))
  const isDual = cidrs.length === 2 && families.size === 2
  return isDual ? [] : [invalidValue(field, cidrs, 'may specify no more than one CIDR for each IP family')]
}
