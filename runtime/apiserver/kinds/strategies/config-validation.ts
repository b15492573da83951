import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { forbiddenField, IMMUTABLE, invalidValue, required, tooLong } from './field-errors.ts'
import { isSame, jsonOf, mapIn, textIn } from './json-parts.ts'
import { checkName, configMapKey } from './names.ts'

/** Of a ConfigMap and of a Secret, keys not counted. */
const MAX_BYTES = 1024 * 1024
const FROZEN = 'field is immutable when `immutable` is set'
const ACCOUNT_ANNOTATION = 'kubernetes.io/service-account.name'

/** Keys that a Secret of a type must have. */
const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
}

export function validateConfigMap(configMap: ApiObject): FieldError[] {
  const data = mapIn(jsonOf(configMap), 'data')
  const binary = mapIn(jsonOf(configMap), 'binaryData')
  const bytes =
    sum(Object.values(data).map((text) => Buffer.byteLength(text))) + sum(Object.values(binary).map(decodedLength))
  return [
    ...Object.keys(data).flatMap((key) => [
      ...checkName(key, `data[${key}]`, configMapKey),
      ...(Object.hasOwn(binary, key)
        ? [invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData')]
        : []),
    ]),
    ...Object.keys(binary).flatMap((key) => checkName(key, `binaryData[${key}]`, configMapKey)),
    ...(bytes > MAX_BYTES ? [tooLong('[]', MAX_BYTES)] : []),
  ]
}

export function validateConfigMapUpdate(configMap: ApiObject, old: ApiObject): FieldError[] {
  return [...frozenFaults(jsonOf(configMap), jsonOf(old), ['data', 'binaryData']), ...validateConfigMap(configMap)]
}

export function validateSecret(secret: ApiObject): FieldError[] {
  const data = mapIn(jsonOf(secret), 'data')
  const bytes = sum(Object.values(data).map(decodedLength))
  return [
    ...Object.keys(data).flatMap((key) => checkName(key, `data[${key}]`, configMapKey)),
    ...(bytes > MAX_BYTES ? [tooLong('data', MAX_BYTES)] : []),
    ...typeFaults(secret, data),
  ]
}

export function validateSecretUpdate(secret: ApiObject, old: ApiObject): FieldError[] {
  const type = textIn(jsonOf(secret), 'type')
  return [
    ...(type === textIn(jsonOf(old), 'type') ? [] : [invalidValue('type', type, IMMUTABLE)]),
    ...frozenFaults(jsonOf(secret), jsonOf(old), ['data']),
    ...validateSecret(secret),
  ]
}

function frozenFaults(now: JsonObject, before: JsonObject, fields: readonly string[]): FieldError[] {
  if (before.immutable !== true) return []
  const thawed = now.immutable === true ? [] : [forbiddenField('immutable', FROZEN)]
  return [
    ...thawed,
    ...fields.filter((field) => !isSame(now[field], before[field])).map((field) => forbiddenField(field, FROZEN)),
  ]
}

function typeFaults(secret: ApiObject, data: Readonly<Record<string, string>>): FieldError[] {
  const type = textIn(jsonOf(secret), 'type')
  if (type === 'kubernetes.io/service-account-token') {
    const name = secret.metadata.annotations?.[ACCOUNT_ANNOTATION] ?? ''
    return name === '' ? [required(`metadata.annotations[${ACCOUNT_ANNOTATION}]`)] : []
  }
  if (type === 'kubernetes.io/basic-auth') {
    const keys = ['username', 'password']
    return keys.some((key) => Object.hasOwn(data, key)) ? [] : keys.map((key) => required(`data[${key}]`))
  }
  const keys = Object.hasOwn(REQUIRED_KEYS, type) ? (REQUIRED_KEYS[type] as readonly string[]) : []
  const missing = keys.filter((key) => !Object.hasOwn(data, key)).map((key) => required(`data[${key}]`))
  return type.startsWith('kubernetes.io/docker') && missing.length === 0 ? jsonFaults(keys[0] as string, data) : missing
}

function jsonFaults(key: string, data: Readonly<Record<string, string>>): FieldError[] {
  const text = Buffer.from(data[key] ?? '', 'base64').toString()
  try {
    JSON.parse(text)
    return []
  } catch {
    const first = text.trimStart()[0]
    const fault =
      first === undefined
        ? 'unexpected end of JSON input'
        : `invalid character '${first}' looking for beginning of value`
    return [invalidValue(`data[${key}]`, '<secret contents redacted>', fault)]
  }
}

function decodedLength(base64: string): number {
  return Buffer.byteLength(base64, 'base64')
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
