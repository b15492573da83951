import { X509Certificate } from 'node:crypto'
import type { FieldError } from '../field-error.ts'
import { checkOneOf, forbiddenField, invalidValue, required } from '../kinds/strategies/field-errors.ts'
import { label1035Name } from '../kinds/strategies/names.ts'
import type { DefinitionConversion, WebhookClientConfig } from './definition.ts'

const REVIEW_VERSIONS = ['v1', 'v1beta1']

/** source: apiextensions-apiserver validateCustomResourceConversion, apiserver pkg/util/webhook/validation.go */
export function validateConversion(
  conversion: DefinitionConversion | undefined,
  old: DefinitionConversion | undefined,
  isEstablished: boolean,
  path: string,
): FieldError[] {
  if (conversion === undefined) return []
  const errors = checkOneOf(conversion.strategy ?? '', `${path}.strategy`, ['None', 'Webhook'])
  const config = conversion.webhook?.clientConfig
  const versions = conversion.webhook?.conversionReviewVersions ?? []
  const configPath = `${path}.webhookClientConfig`
  if (conversion.strategy !== 'Webhook') {
    const detail = 'should not be set when strategy is not set to Webhook'
    if (config !== undefined) errors.push(forbiddenField(configPath, detail))
    if (versions.length > 0) errors.push(forbiddenField(`${path}.conversionReviewVersions`, detail))
    return errors
  }
  if (config === undefined) errors.push(required(configPath, 'required when strategy is set to Webhook'))
  else errors.push(...validateClientConfig(config, configPath))
  // A bundle that is no good may be there until the kind is in use, and stay where it was before.
  const mayBeInvalid = !isEstablished || !isValidBundle(old?.webhook?.clientConfig?.caBundle)
  if (config?.caBundle !== undefined && !mayBeInvalid && !isValidBundle(config.caBundle))
    errors.push(
      invalidValue(
        `${configPath}.caBundle`,
        config.caBundle,
        'unable to load root certificates: unable to parse bytes as PEM block',
      ),
    )
  return [...errors, ...validateReviewVersions(versions, `${path}.conversionReviewVersions`)]
}

function validateClientConfig({ url, service }: WebhookClientConfig, path: string): FieldError[] {
  if ((url === undefined) === (service === undefined))
    return [required(path, 'exactly one of url or service is required')]
  if (url !== undefined) return validateUrl(url, `${path}.url`)
  const errors: FieldError[] = []
  const { name = '', namespace = '', port = 443, path: urlPath } = service ?? {}
  if (name === '') errors.push(required(`${path}.service.name`))
  if (namespace === '') errors.push(required(`${path}.service.namespace`))
  if (port < 1 || port > 65535)
    errors.push(invalidValue(`${path}.service.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'))
  if (urlPath !== undefined && !urlPath.startsWith('/'))
    errors.push(invalidValue(`${path}.service.path`, urlPath, "must start with a '/'"))
  return errors
}

function validateUrl(text: string, field: string): FieldError[] {
  const form = 'desired format: https://host[/path]'
  const url = URL.parse(text)
  if (url === null) return [required(field, `url must be a valid URL: ${form}`)]
  const errors: FieldError[] = []
  if (url.protocol !== 'https:')
    errors.push(invalidValue(field, url.protocol.slice(0, -1), `'https' is the only allowed URL scheme; ${form}`))
  if (url.host === '') errors.push(invalidValue(field, url.host, `host must be specified; ${form}`))
  if (url.username !== '')
    errors.push(invalidValue(field, url.username, 'user information is not permitted in the URL'))
  if (url.hash !== '') errors.push(invalidValue(field, url.hash.slice(1), 'fragments are not permitted in the URL'))
  if (url.search !== '')
    errors.push(invalidValue(field, url.search.slice(1), 'query parameters are not permitted in the URL'))
  return errors
}

function validateReviewVersions(versions: readonly string[], path: string): FieldError[] {
  if (versions.length === 0) return [required(path)]
  const errors = versions.flatMap((version, i) => {
    if (versions.indexOf(version) < i) return [invalidValue(`${path}[${i}]`, version, 'duplicate version')]
    return label1035Name(version).map((fault) => invalidValue(`${path}[${i}]`, version, fault))
  })
  if (versions.some((version) => REVIEW_VERSIONS.includes(version))) return errors
  return [...errors, invalidValue(path, [...versions], `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)]
}

/** Base64 of PEM with a certificate in it; none is valid: the system's are used. */
export function isValidBundle(caBundle: string | undefined): boolean {
  if (caBundle === undefined || caBundle === '') return true
  try {
    new X509Certificate(Buffer.from(caBundle, 'base64'))
    return true
  } catch {
    return false
  }
}
