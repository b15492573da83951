import { X509Certificate } from 'node:crypto'
import { readCertificateRequest, readPem } from '../../access/certificate-request.ts'
import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required, tooLong } from './field-errors.ts'
import { jsonOf, objectIn, objectsIn, textIn, textsIn } from './json-parts.ts'
import { labelName, subdomainName } from './names.ts'

/** Conditions that can only be true, and stay. */
const FINAL = ['Approved', 'Denied', 'Failed']
const STATUSES = ['False', 'True', 'Unknown']
const CONDITIONS = 'status.conditions'
const OPPOSITES = [
  ['Approved', 'Denied'],
  ['Denied', 'Approved'],
] as const
const EXCLUSIVE = 'Approved and Denied conditions are mutually exclusive'
const MIN_SECONDS = 600
const MAX_SUBDOMAIN = 253
const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]

/** source: kubernetes pkg/apis/certificates/validation */
export function validateSigningRequest(request: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(request), 'spec')
  const status = objectIn(jsonOf(request), 'status')
  const { expirationSeconds: seconds } = spec
  const tooShort = 'may not specify a duration less than 600 seconds (10 minutes)'
  return [
    ...requestFaults(textIn(spec, 'request')),
    ...usageFaults(textsIn(spec, 'usages')),
    ...signerFaults(textIn(spec, 'signerName')),
    ...(typeof seconds === 'number' && seconds < MIN_SECONDS
      ? [invalidValue('spec.expirationSeconds', seconds, tooShort)]
      : []),
    ...conditionFaults(objectsIn(status, 'conditions')),
    ...certificateFaults(textIn(status, 'certificate')),
  ]
}

/** Neither what is approved nor the certificate changes. */
export function validateSigningRequestUpdate(request: ApiObject, old: ApiObject): FieldError[] {
  return validateChange(request, old)
}

/** The signer's part. */
export function validateSigningRequestStatusUpdate(request: ApiObject, old: ApiObject): FieldError[] {
  return validateChange(request, old, 'certificate')
}

/** The approver's part. */
export function validateSigningRequestApproval(request: ApiObject, old: ApiObject): FieldError[] {
  return validateChange(request, old, 'approval')
}

function validateChange(request: ApiObject, old: ApiObject, allowed?: 'certificate' | 'approval'): FieldError[] {
  const [status, before] = [objectIn(jsonOf(request), 'status'), objectIn(jsonOf(old), 'status')]
  const count = (of: JsonObject, type: string) =>
    objectsIn(of, 'conditions').filter((each) => each.type === type).length
  const faults = validateSigningRequest(request)
  for (const type of FINAL)
    if (count(status, type) < count(before, type))
      faults.push(forbiddenField(CONDITIONS, `updates may not remove a condition of type "${type}"`))
  for (const type of allowed === 'approval' ? [] : ['Approved', 'Denied'])
    if (count(status, type) > count(before, type))
      faults.push(forbiddenField(CONDITIONS, `updates may not add a condition of type "${type}"`))
  const known = textIn(before, 'certificate')
  if (textIn(status, 'certificate') === known) return faults
  if (allowed !== 'certificate')
    faults.push(forbiddenField('status.certificate', 'updates may not set certificate content'))
  else if (known !== '')
    faults.push(forbiddenField('status.certificate', 'updates may not modify existing certificate content'))
  return faults
}

function requestFaults(base64: string): FieldError[] {
  try {
    readCertificateRequest(Buffer.from(base64, 'base64'))
    return []
  } catch (error) {
    return [invalidValue('spec.request', base64, (error as Error).message)]
  }
}

function usageFaults(usages: readonly string[]): FieldError[] {
  const path = (index: number) => `spec.usages[${index}]`
  const seen = new Set<string>()
  return [
    ...(usages.length === 0 ? [required('spec.usages')] : []),
    ...usages.flatMap((usage, index) => (USAGES.includes(usage) ? [] : [notSupported(path(index), usage, USAGES)])),
    ...usages.flatMap((usage, index) => {
      const isTwice = seen.has(usage)
      seen.add(usage)
      return isTwice ? [duplicate(path(index), usage)] : []
    }),
  ]
}

function signerFaults(name: string): FieldError[] {
  const field = 'spec.signerName'
  if (name === 'kubernetes.io/legacy-unknown')
    return [invalidValue(field, name, 'the legacy signerName is not allowed via this API version')]
  if (name === '') return [required(field)]
  const [domain = '', path, ...rest] = name.split('/')
  if (path === undefined || rest.length > 0) {
    const form = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
    return [invalidValue(field, name, form)]
  }
  const fewLabels = 'should be a domain with at least two segments separated by dots'
  return [
    ...(domain.length > MAX_SUBDOMAIN ? [tooLong(field, MAX_SUBDOMAIN)] : []),
    ...firstLabelFaults(domain, field, labelName),
    ...(domain.includes('.') ? [] : [invalidValue(field, domain, fewLabels)]),
    ...firstLabelFaults(path, field, subdomainName),
  ]
}

/** Those of the first label that has any. */
function firstLabelFaults(value: string, field: string, rule: (label: string) => readonly string[]): FieldError[] {
  for (const label of value.split('.')) {
    const faults = rule(label)
    if (faults.length > 0)
      return faults.map((fault) => invalidValue(field, value, `validating label ${JSON.stringify(label)}: ${fault}`))
  }
  return []
}

function conditionFaults(conditions: readonly JsonObject[]): FieldError[] {
  const seen = new Set<string>()
  return conditions.flatMap((condition, index) => {
    const path = `${CONDITIONS}[${index}]`
    const type = textIn(condition, 'type')
    const isTwice = seen.has(type)
    const isExclusive = OPPOSITES.some(([one, other]) => type === one && seen.has(other))
    seen.add(type)
    const status = textIn(condition, 'status')
    const allowed = FINAL.includes(type) ? ['True'] : STATUSES
    return [
      ...(type === '' ? [required(`${path}.type`)] : []),
      ...(status === '' ? [required(`${path}.status`)] : []),
      ...(status !== '' && !allowed.includes(status) ? [notSupported(`${path}.status`, status, allowed)] : []),
      ...(isExclusive ? [invalidValue(CONDITIONS, type, EXCLUSIVE)] : []),
      ...(isTwice ? [duplicate(`${path}.type`, type)] : []),
    ]
  })
}

function certificateFaults(base64: string): FieldError[] {
  if (base64 === '') return []
  const why = certificateFault(Buffer.from(base64, 'base64'))
  return why === undefined ? [] : [invalidValue('status.certificate', '<certificate data>', why)]
}

function certificateFault(pem: Buffer): string | undefined {
  const blocks = readPem(pem)
  for (const { type, hasHeaders, bytes } of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`
    if (hasHeaders) return 'no PEM block headers are permitted'
    if (bytes.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates'
    try {
      new X509Certificate(bytes)
    } catch {
      return 'x509: malformed certificate'
    }
  }
  return blocks.length === 0 ? 'must contain at least one CERTIFICATE PEM block' : undefined
}
