import type { FieldError } from '../../field-error.ts'
import { invalidValue } from './field-errors.ts'

/** Each answers what is wrong with a name, as apimachinery pkg/util/validation/validation.go words it. */
export type NameRule = (name: string) => readonly string[]

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`
const LABEL_WITH_UNDERSCORES = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?'
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'

const plainLabel = patternRule(
  63,
  LABEL,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  ['my-name', '123-abc'],
)

export const subdomainName = patternRule(
  253,
  SUBDOMAIN,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  ['example.com'],
)

/** What resolvers take, which is more than may be a name. */
export const subdomainWithUnderscores = patternRule(
  253,
  `${LABEL_WITH_UNDERSCORES}(\\.${LABEL_WITH_UNDERSCORES})*`,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  ['example.com'],
)

/** `*.` and a name: one level of a domain. */
export const wildcardName = patternRule(
  253,
  `\\*\\.${SUBDOMAIN}`,
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  ['*.example.com'],
)

export const headerName = patternRule(
  Number.POSITIVE_INFINITY,
  '[-A-Za-z0-9]+',
  "a valid HTTP header must consist of alphanumeric characters or '-'",
  ['X-Header-Name'],
)

export const label1035Name = patternRule(
  63,
  LABEL_1035,
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  ['my-name', 'abc-123'],
)

/** What would be a name but for its dots is told so. */
export const labelName: NameRule = (name) => {
  const faults = plainLabel(name)
  const isSubdomain = new RegExp(`^${SUBDOMAIN}$`).test(name)
  return faults.map((fault) => (isSubdomain && fault.includes('regex') ? 'must not contain dots' : fault))
}

/** Any name that can be a segment of a path. */
export const pathName: NameRule = (name) => {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter((illegal) => name.includes(illegal)).map((illegal) => `may not contain '${illegal}'`)
}

/** What the real one's own client says before it asks for the object of that name; undefined: nothing. */
export function unaskableName(name: string): string | undefined {
  if (name === '') return 'resource name may not be empty'
  const faults = pathName(name)
  return faults.length === 0 ? undefined : `invalid resource name ${JSON.stringify(name)}: [${faults.join(', ')}]`
}

export const labelValue: NameRule = (value) => [
  ...(value.length > 63 ? ['must be no more than 63 bytes'] : []),
  ...(new RegExp(`^(${QUALIFIED})?$`).test(value)
    ? []
    : [
        regexMessage(
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
          `(${QUALIFIED})?`,
          ['MyValue', 'my_value', '12345'],
        ),
      ]),
]

/** `prefix.example.com/Name`, the prefix being optional. */
export const qualifiedName: NameRule = (value) => {
  const parts = value.split('/')
  if (parts.length > 2)
    return [
      `a valid label key ${qualifiedMessage()} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  const prefix = parts.length === 2 ? (parts[0] as string) : undefined
  const name = parts.at(-1) as string
  return [...prefixFaults(prefix), ...namePartFaults(name)]
}

export const envVarName: NameRule = (value) =>
  /^[ -<>-~]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]

export const configMapKey: NameRule = (value) => [
  ...(value.length > 253 ? ['must be no more than 253 characters'] : []),
  ...(/^[-._a-zA-Z0-9]+$/.test(value)
    ? []
    : [
        regexMessage("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", '[-._a-zA-Z0-9]+', [
          'key.name',
          'KEY_NAME',
          'key-name',
        ]),
      ]),
  ...dotFaults(value),
]

export const portName: NameRule = (value) => [
  ...(value.length > 15 ? ['must be no more than 15 characters'] : []),
  ...(/^[-a-z0-9]+$/.test(value) ? [] : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
  ...(/[a-z]/.test(value) ? [] : ['must contain at least one letter (a-z)']),
  ...(value.includes('--') ? ['must not contain consecutive hyphens'] : []),
  ...(value.startsWith('-') || value.endsWith('-') ? ['must not begin or end with a hyphen'] : []),
]

export const ipAddress: NameRule = (value) => {
  if (!isIpv4(value) && !isIpv6(value)) return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']
  if (isIpv4(value)) return /(^|\.)0\d/.test(value) ? ['must not have leading 0s'] : []
  return /^\[::ffff:/.test(new URL(`http://[${value}]/`).hostname) ? ['must not be an IPv4-mapped IPv6 address'] : []
}

export function isIpv4(value: string): boolean {
  const parts = value.split('.')
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
}

function isIpv6(value: string): boolean {
  return value.includes(':') && URL.canParse(`http://[${value}]/`)
}

export function checkName(value: string, field: string, rule: NameRule): FieldError[] {
  return rule(value).map((message) => invalidValue(field, value, message))
}

function patternRule(maxLength: number, pattern: string, words: string, examples: readonly string[]): NameRule {
  const matcher = new RegExp(`^${pattern}$`)
  return (name) => [
    ...(name.length > maxLength ? [`must be no more than ${maxLength} characters`] : []),
    ...(matcher.test(name) ? [] : [regexMessage(words, pattern, examples)]),
  ]
}

function regexMessage(words: string, pattern: string, examples: readonly string[]): string {
  const shown = examples
    .map((each) => `'${each}'`)
    .join(',  or ')
    .replaceAll(',  or ', ',  or ')
  const said = examples.length === 0 ? '' : `e.g. ${shown}, `
  return `${words} (${said}regex used for validation is '${pattern}')`
}

function prefixFaults(prefix: string | undefined): string[] {
  if (prefix === undefined) return []
  if (prefix === '') return ['prefix part must be non-empty']
  return subdomainName(prefix).map((message) => `prefix part ${message}`)
}

function namePartFaults(name: string): string[] {
  return [
    ...(name === '' ? ['name part must be non-empty'] : []),
    ...(name.length > 63 ? ['name part must be no more than 63 bytes'] : []),
    ...(new RegExp(`^${QUALIFIED}$`).test(name) ? [] : [`name part ${qualifiedMessage()}`]),
  ]
}

function qualifiedMessage(): string {
  return regexMessage(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    QUALIFIED,
    ['MyName', 'my.name', '123-abc'],
  )
}

function dotFaults(value: string): string[] {
  if (value === '.') return ["must not be '.'"]
  if (value === '..') return ["must not be '..'"]
  return value.startsWith('..') ? ["must not start with '..'"] : []
}
