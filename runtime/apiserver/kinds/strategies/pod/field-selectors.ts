import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { invalidValue, notSupported, required } from '../field-errors.ts'
import { textIn } from '../json-parts.ts'
import { checkName, qualifiedName } from '../names.ts'

/** What a volume of the downward API shows of its pod, and what a variable does. */
export const VOLUME_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
]
export const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]
/** What has a name in the downward API at all. source: kubernetes pkg/apis/core/pods ConvertDownwardAPIFieldLabel */
const KNOWN_FIELDS = [
  ...ENV_FIELDS,
  ...VOLUME_FIELDS,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
  'spec.host',
]

const AMOUNTS = ['cpu', 'ephemeral-storage', 'memory']
const RESOURCE_FIELDS = ['limits', 'requests'].flatMap((list) => AMOUNTS.map((name) => `${list}.${name}`))
const HUGE_PAGES = /^(limits|requests)\.hugepages-/
const BYTE_DIVISORS = '1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei'
const DIVISOR_NAMES: Readonly<Record<string, string>> = {
  memory: 'memory',
  'ephemeral-storage': 'local ephemeral storage',
}

/** `fieldRef`. source: kubernetes pkg/apis/core/validation, validateObjectFieldSelector */
export function checkFieldRef(selector: JsonObject, supported: readonly string[], field: string): FieldError[] {
  const [version, path] = [textIn(selector, 'apiVersion'), textIn(selector, 'fieldPath')]
  if (version === '') return [required(`${field}.apiVersion`)]
  if (path === '') return [required(`${field}.fieldPath`)]
  if (version !== 'v1') return [unknownField(path, `unsupported pod version: ${version}`, field)]
  const [, name = path, subscript] = /^(.+)\['(.*)'\]$/s.exec(path) ?? []
  if (subscript !== undefined) return checkSubscript(name, subscript, path, field)
  if (!KNOWN_FIELDS.includes(path)) return [unknownField(path, `field label not supported: ${path}`, field)]
  const shown = path === 'spec.host' ? 'spec.nodeName' : path
  return supported.includes(shown) ? [] : [notSupported(`${field}.fieldPath`, shown, supported)]
}

function checkSubscript(name: string, subscript: string, path: string, field: string): FieldError[] {
  if (name === 'metadata.labels') return checkName(subscript, field, qualifiedName)
  if (name === 'metadata.annotations') return checkName(subscript.toLowerCase(), field, qualifiedName)
  return [unknownField(path, `field label does not support subscript: ${path}`, field)]
}

function unknownField(path: string, why: string, field: string): FieldError {
  return invalidValue(`${field}.fieldPath`, path, `error converting fieldPath: ${why}`)
}

/** `resourceFieldRef`; a volume says of which container. source: validateContainerResourceFieldSelector */
export function checkResourceFieldRef(selector: JsonObject, isVolume: boolean, field: string): FieldError[] {
  const resource = textIn(selector, 'resource')
  const divisor = textIn(selector, 'divisor')
  const divisorFaults = divisor === '0' || divisor === '' ? [] : checkDivisor(resource, divisor, `${field}.divisor`)
  if (isVolume && textIn(selector, 'containerName') === '')
    return [required(`${field}.containerName`), ...divisorFaults]
  if (resource === '') return [required(`${field}.resource`), ...divisorFaults]
  const isKnown = RESOURCE_FIELDS.includes(resource) || HUGE_PAGES.test(resource)
  return [...(isKnown ? [] : [notSupported(`${field}.resource`, resource, RESOURCE_FIELDS)]), ...divisorFaults]
}

function checkDivisor(resource: string, divisor: string, field: string): FieldError[] {
  const name = resource.replace(/^(limits|requests)\./, '')
  if (!RESOURCE_FIELDS.includes(resource) && !HUGE_PAGES.test(resource)) return []
  if (name === 'cpu')
    return ['1m', '1'].includes(divisor)
      ? []
      : [invalidValue(field, resource, "only divisor's values 1m and 1 are supported with the cpu resource")]
  if (BYTE_DIVISORS.split(', ').includes(divisor)) return []
  const shown = DIVISOR_NAMES[name] ?? 'hugepages'
  return [
    invalidValue(field, resource, `only divisor's values ${BYTE_DIVISORS} are supported with the ${shown} resource`),
  ]
}
