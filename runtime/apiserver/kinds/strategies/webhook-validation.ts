import type { Environment } from '@marcbachmann/cel-js'
import { createAdmissionEnvironment } from '../../admission/expressions/admission-environment.ts'
import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { checkPort, duplicate, invalidValue, notSupported, required } from './field-errors.ts'
import { jsonOf, numberIn, objectIn, objectsIn, optionalObjectIn, textIn, textsIn } from './json-parts.ts'
import { checkLabelSelector } from './label-selector-validation.ts'
import { matchConditionFaults } from './match-condition-validation.ts'
import { checkName, subdomainName } from './names.ts'
import { ruleFaults } from './webhook-rule-validation.ts'

/** Of both configurations. source: kubernetes pkg/apis/admissionregistration/validation */
export function validateWebhooks(configuration: ApiObject): FieldError[] {
  const names = new Set<string>()
  return objectsIn(jsonOf(configuration), 'webhooks').flatMap((webhook, index) => {
    const field = `webhooks[${index}]`
    const name = textIn(webhook, 'name')
    const isTwice = names.has(name)
    names.add(name)
    return [
      ...webhookFaults(webhook, field),
      ...(isTwice ? [duplicate(`${field}.name`, name)] : []),
      ...versionFaults(webhook, field),
    ]
  })
}

function webhookFaults(webhook: JsonObject, field: string): FieldError[] {
  const name = textIn(webhook, 'name')
  const timeout = numberIn(webhook, 'timeoutSeconds')
  return [
    ...nameFaults(name, `${field}.name`),
    ...objectsIn(webhook, 'rules').flatMap((rule, index) => ruleFaults(rule, `${field}.rules[${index}]`)),
    ...oneOf(webhook, 'failurePolicy', field, ['Fail', 'Ignore']),
    ...oneOf(webhook, 'matchPolicy', field, ['Equivalent', 'Exact']),
    ...((webhook.sideEffects ?? null) === null
      ? [required(`${field}.sideEffects`, 'must specify one of None, NoneOnDryRun')]
      : oneOf(webhook, 'sideEffects', field, ['None', 'NoneOnDryRun'])),
    ...(timeout < 1 || timeout > 30
      ? [invalidValue(`${field}.timeoutSeconds`, timeout, 'the timeout value must be between 1 and 30 seconds')]
      : []),
    ...oneOf(webhook, 'reinvocationPolicy', field, ['IfNeeded', 'Never']),
    ...['namespaceSelector', 'objectSelector'].flatMap((key) =>
      checkLabelSelector(optionalObjectIn(webhook, key), `${field}.${key}`),
    ),
    ...clientFaults(objectIn(webhook, 'clientConfig'), `${field}.clientConfig`),
    ...matchConditionFaults(webhook, `${field}.matchConditions`, environmentOfConditions),
  ]
}

let environment: Environment | undefined

function environmentOfConditions(): Environment {
  environment ??= createAdmissionEnvironment({ hasAuthorizer: true })
  return environment
}

function nameFaults(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)]
  const faults = checkName(name, field, subdomainName)
  if (faults.length > 0 || name.split('.').length >= 3) return faults
  return [invalidValue(field, name, 'should be a domain with at least three segments separated by dots')]
}

function oneOf(webhook: JsonObject, key: string, field: string, supported: readonly string[]): FieldError[] {
  const value = webhook[key]
  if (value === undefined || supported.includes(String(value))) return []
  return [notSupported(`${field}.${key}`, value, supported)]
}

function clientFaults(client: JsonObject, field: string): FieldError[] {
  const service = optionalObjectIn(client, 'service')
  const url = client.url
  if ((url === undefined) === (service === undefined))
    return [required(field, 'exactly one of url or service is required')]
  if (typeof url === 'string') return urlFaults(url, `${field}.url`)
  const named = ['namespace', 'name']
    .filter((key) => textIn(service ?? {}, key) === '')
    .map((key) => required(`${field}.service.${key}`))
  return [...named.reverse(), ...checkPort(numberIn(service ?? {}, 'port'), `${field}.service.port`)]
}

function urlFaults(text: string, field: string): FieldError[] {
  const form = 'desired format: https://host[/path]'
  const url = URL.parse(text)
  if (url === null) return [required(field, `url must be a valid URL: ${text}; ${form}`)]
  const scheme = url.protocol.replace(':', '')
  const faults: FieldError[] = []
  if (scheme !== 'https') faults.push(invalidValue(field, scheme, `'https' is the only allowed URL scheme; ${form}`))
  if (url.host === '') faults.push(invalidValue(field, url.host, `host must be specified; ${form}`))
  if (url.search !== '')
    faults.push(invalidValue(field, url.search.slice(1), 'query parameters are not permitted in the URL'))
  if (url.hash !== '') faults.push(invalidValue(field, url.hash.slice(1), 'fragments are not permitted in the URL'))
  return faults
}

function versionFaults(webhook: JsonObject, field: string): FieldError[] {
  const versions = textsIn(webhook, 'admissionReviewVersions')
  const path = `${field}.admissionReviewVersions`
  if (versions.length === 0) return [required(path, 'must specify one of v1, v1beta1')]
  if (versions.some((version) => version === 'v1' || version === 'v1beta1')) return []
  return [invalidValue(path, versions, 'must include at least one of v1, v1beta1')]
}
