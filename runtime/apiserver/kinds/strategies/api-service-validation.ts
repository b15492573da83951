import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { invalidValue, notSupported, required } from './field-errors.ts'
import { jsonOf, numberIn, objectIn, objectsIn, optionalObjectIn, textIn } from './json-parts.ts'
import { checkName, label1035Name, pathName, subdomainName } from './names.ts'

const MAX_GROUP_PRIORITY = 20_000
const MAX_VERSION_PRIORITY = 1000

/** source: kube-aggregator pkg/apis/apiregistration/validation */
export function validateApiService(apiService: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(apiService), 'spec')
  const [group, version] = [textIn(spec, 'group'), textIn(spec, 'version')]
  const service = optionalObjectIn(spec, 'service')
  return [
    ...nameFaults(apiService.metadata.name ?? '', `${version}.${group}`),
    ...(group === '' && version !== 'v1'
      ? [required('spec.group', 'only v1 may have an empty group and it better be legacy kube')]
      : []),
    ...(group === '' ? [] : checkName(group, 'spec.group', subdomainName)),
    ...checkName(version, 'spec.version', label1035Name),
    ...checkPriority(spec, 'groupPriorityMinimum', MAX_GROUP_PRIORITY),
    ...checkPriority(spec, 'versionPriority', MAX_VERSION_PRIORITY),
    ...(service === undefined ? localFaults(spec) : serviceFaults(spec, service)),
  ]
}

export function validateApiServiceStatusUpdate(apiService: ApiObject): FieldError[] {
  const values = ['True', 'False', 'Unknown']
  return objectsIn(objectIn(jsonOf(apiService), 'status'), 'conditions').flatMap((condition, index) => {
    const status = textIn(condition, 'status')
    return values.includes(status) ? [] : [notSupported(`status.conditions[${index}].status`, status, values)]
  })
}

function nameFaults(name: string, wanted: string): FieldError[] {
  if (pathName(name).length > 0 || name === wanted) return []
  return [invalidValue('metadata.name', name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`)]
}

function checkPriority(spec: JsonObject, field: string, most: number): FieldError[] {
  const value = numberIn(spec, field)
  if (value > 0 && value <= most) return []
  return [invalidValue(`spec.${field}`, value, `must be positive and less than ${most}`)]
}

function localFaults(spec: JsonObject): FieldError[] {
  const bytes = Buffer.byteLength(textIn(spec, 'caBundle'), 'base64')
  const insecure = 'local APIServices may not have insecureSkipTLSVerify'
  return [
    ...(bytes > 0
      ? [invalidValue('spec.caBundle', `${bytes} bytes`, 'local APIServices may not have a caBundle')]
      : []),
    ...(spec.insecureSkipTLSVerify === true ? [invalidValue('spec.insecureSkipTLSVerify', true, insecure)] : []),
  ]
}

function serviceFaults(spec: JsonObject, service: JsonObject): FieldError[] {
  const port = numberIn(service, 'port')
  const isPort = port >= 1 && port <= 65535
  const isBoth = spec.insecureSkipTLSVerify === true && textIn(spec, 'caBundle') !== ''
  return [
    ...['namespace', 'name']
      .filter((part) => textIn(service, part) === '')
      .map((part) => required(`spec.service.${part}`)),
    ...(isPort
      ? []
      : [invalidValue('spec.service.port', port, 'port is not valid: must be between 1 and 65535, inclusive')]),
    ...(isBoth ? [invalidValue('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present')] : []),
  ]
}
