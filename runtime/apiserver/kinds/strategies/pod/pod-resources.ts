import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../field-errors.ts'
import { internalValue } from '../go-internal.ts'
import { eachObject, mapIn, objectIn, objectsIn, optionalObjectIn, textIn } from '../json-parts.ts'
import { checkName, labelName, subdomainName } from '../names.ts'
import { quantityNanos } from '../quantity.ts'
import { checkResourceName } from '../resource-names.ts'
import { containerTotals } from './container-totals.ts'
import { checkResources } from './resource-requirements.ts'

/** The claims of a pod by name, for its containers. */
export function claimNames(spec: JsonObject): string[] {
  const names = objectsIn(spec, 'resourceClaims').map((claim) => textIn(claim, 'name'))
  return [...new Set(names)].filter((name) => name !== '')
}

/** source: kubernetes pkg/apis/core/validation, validatePodResourceClaims */
export function checkResourceClaims(spec: JsonObject, field: string): FieldError[] {
  const names = new Set<string>()
  return eachObject(spec, 'resourceClaims', field, (claim, at) => {
    const name = textIn(claim, 'name')
    const isTwice = names.has(name)
    names.add(name)
    const nameFaults = name === '' ? [required(`${at}.name`)] : checkName(name, `${at}.name`, labelName)
    return [...(isTwice && name !== '' ? [duplicate(`${at}.name`, name)] : nameFaults), ...checkClaimSource(claim, at)]
  })
}

function checkClaimSource(claim: JsonObject, field: string): FieldError[] {
  const sources = ['resourceClaimName', 'resourceClaimTemplateName'].filter((key) => claim[key] !== undefined)
  const shown = internalValue('PodResourceClaim', claim)
  const both = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'
  const none = 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'
  return [
    ...(sources.length === 1 ? [] : [invalidValue(field, shown, sources.length === 0 ? none : both)]),
    ...sources.flatMap((key) => checkName(textIn(claim, key), `${field}.${key}`, subdomainName)),
  ]
}

/** What a pod has in all. source: validatePodResources and validatePodResourceConsistency */
export function checkPodResources(spec: JsonObject, field: string): FieldError[] {
  const resources = optionalObjectIn(spec, 'resources')
  const path = `${field}.resources`
  if (resources === undefined) return []
  if (objectIn(spec, 'os').name === 'windows') return [forbiddenField(path, 'may not be set for a windows pod')]
  return [
    ...(resources.claims === undefined
      ? []
      : [forbiddenField(`${path}.claims`, 'claims may not be set for Resources at pod-level')]),
    ...checkResources(resources, path, claimNames(spec), checkPodLevelName),
    ...belowContainers(spec, resources, 'requests', path),
    ...belowContainers(spec, resources, 'limits', path).filter((fault) => fault.field.includes('[hugepages-')),
    ...aboveLimits(spec, resources, path),
  ]
}

function checkPodLevelName(name: string, field: string): FieldError[] {
  const faults = checkResourceName(name, field)
  if (faults.length > 0 || /^(cpu|memory|hugepages-.*)$/.test(name)) return faults
  return [notSupported(field, name, ['cpu', 'hugepages-', 'memory'])]
}

function belowContainers(
  spec: JsonObject,
  resources: JsonObject,
  list: 'requests' | 'limits',
  path: string,
): FieldError[] {
  return Object.entries(containerTotals(spec, list)).flatMap(([name, total]) => {
    const own = mapIn(resources, list)[name]
    if (own === undefined || (quantityNanos(total) ?? 0n) <= (quantityNanos(own) ?? 0n)) return []
    const text = `must be greater than or equal to aggregate container ${list} of ${total}`
    return [invalidValue(`${path}.${list}[${name}]`, own, text)]
  })
}

function aboveLimits(spec: JsonObject, resources: JsonObject, path: string): FieldError[] {
  const limits = mapIn(resources, 'limits')
  return objectsIn(spec, 'containers').flatMap((container, index) =>
    Object.entries(mapIn(objectIn(container, 'resources'), 'limits')).flatMap(([name, amount]) => {
      const limit = limits[name]
      if (limit === undefined || (quantityNanos(amount) ?? 0n) <= (quantityNanos(limit) ?? 0n)) return []
      const field = `${path}.containers[${index}][${name}].limits`
      return [invalidValue(field, amount, `must be less than or equal to pod limits of ${limit}`)]
    }),
  )
}
