import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { checkOneOf, forbiddenField, invalidValue, required, tooLong } from '../field-errors.ts'
import { eachObject, optionalObjectIn, textIn, textsIn } from '../json-parts.ts'
import { checkName, ipAddress, labelName, subdomainName, subdomainWithUnderscores } from '../names.ts'

const POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']
/** Limits of glibc's resolver. */
const MAX_NAMESERVERS = 3
const MAX_SEARCHES = 32
const MAX_SEARCH_CHARACTERS = 2048
const MAX_HOSTNAME = 64

export function checkDnsPolicy(spec: JsonObject, field: string): FieldError[] {
  return checkOneOf(textIn(spec, 'dnsPolicy'), `${field}.dnsPolicy`, POLICIES)
}

/** source: kubernetes pkg/apis/core/validation, validatePodDNSConfig */
export function checkDnsConfig(spec: JsonObject, field: string): FieldError[] {
  const config = optionalObjectIn(spec, 'dnsConfig')
  const path = `${field}.dnsConfig`
  const isNone = spec.dnsPolicy === 'None'
  if (config === undefined) return isNone ? [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')] : []
  if (isNone && textsIn(config, 'nameservers').length === 0)
    return [required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
  return [
    ...checkNameservers(textsIn(config, 'nameservers'), `${path}.nameservers`),
    ...checkSearches(textsIn(config, 'searches'), `${path}.searches`),
    ...eachObject(config, 'options', path, (option, at) =>
      textIn(option, 'name') === '' ? [required(at, 'must not be empty')] : [],
    ),
  ]
}

function checkNameservers(servers: readonly string[], field: string): FieldError[] {
  const isTooMany = servers.length > MAX_NAMESERVERS
  return [
    ...(isTooMany ? [invalidValue(field, [...servers], `must not have more than ${MAX_NAMESERVERS} nameservers`)] : []),
    ...servers.flatMap((server, index) => checkName(server, `${field}[${index}]`, ipAddress)),
  ]
}

function checkSearches(searches: readonly string[], field: string): FieldError[] {
  const isLong = searches.join(' ').length > MAX_SEARCH_CHARACTERS
  const faults: FieldError[] = []
  if (searches.length > MAX_SEARCHES)
    faults.push(invalidValue(field, [...searches], `must not have more than ${MAX_SEARCHES} search paths`))
  if (isLong) {
    const text = `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`
    faults.push(invalidValue(field, [...searches], text))
  }
  const named = searches.flatMap((search, index) =>
    search === '.' ? [] : checkName(search.replace(/\.$/, ''), `${field}[${index}]`, subdomainWithUnderscores),
  )
  return [...faults, ...named]
}

export function checkHostAliases(spec: JsonObject, field: string): FieldError[] {
  return eachObject(spec, 'hostAliases', field, (alias, at) => [
    ...checkName(textIn(alias, 'ip'), `${at}.ip`, ipAddress),
    ...textsIn(alias, 'hostnames').flatMap((name, index) =>
      checkName(name, `${at}.hostnames[${index}]`, subdomainName),
    ),
  ])
}

/** Those of the pod's own name. source: validatePodHostName and ValidatePodSpec */
export function checkHostnames(spec: JsonObject, field: string): FieldError[] {
  return ['hostname', 'subdomain'].flatMap((key) => {
    const value = textIn(spec, key)
    return value === '' ? [] : checkName(value, `${field}.${key}`, labelName)
  })
}

export function checkHostnameOverride(spec: JsonObject, field: string): FieldError[] {
  const name = spec.hostnameOverride
  const path = `${field}.hostnameOverride`
  if (typeof name !== 'string') return []
  return [
    ...['setHostnameAsFQDN', 'hostNetwork']
      .filter((key) => spec[key] === true)
      .map((key) => forbiddenField(path, `may not be specified when ${key} is true`)),
    ...(name.length > MAX_HOSTNAME ? [tooLong(path, MAX_HOSTNAME)] : []),
    ...checkName(name, path, subdomainName),
  ]
}
