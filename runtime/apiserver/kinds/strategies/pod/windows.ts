import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../field-errors.ts'
import { objectIn, optionalObjectIn, textIn } from '../json-parts.ts'
import { checkName, subdomainName } from '../names.ts'
import { containersOf } from './pod-containers.ts'

const SYSTEMS = ['linux', 'windows']
const MAX_CREDENTIAL_SPEC = 64 * 1024
const MAX_DOMAIN = 256
const MAX_USER = 104
const NETBIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
const DNS_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const DNS = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`)

/** What containers on Linux alone have, of a pod and of a container. */
const LINUX_HOST_FIELDS = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace']
const LINUX_POD_FIELDS = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
]
const LINUX_CONTAINER_FIELDS = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
]

/** spec.os and what it rules out. source: kubernetes pkg/apis/core/validation, validateOS, validateLinux, validateWindows */
export function checkOs(spec: JsonObject, field: string): FieldError[] {
  const os = optionalObjectIn(spec, 'os')
  if (os === undefined) return []
  const name = textIn(os, 'name')
  if (name === '') return [required(`${field}.os.name`)]
  if (!SYSTEMS.includes(name)) return [notSupported(`${field}.os`, name, SYSTEMS)]
  return name === 'linux' ? checkLinux(spec, field) : checkWindows(spec, field)
}

function checkLinux(spec: JsonObject, field: string): FieldError[] {
  return [{ container: spec, field }, ...containersOf(spec, field)]
    .filter(({ container }) => objectIn(container, 'securityContext').windowsOptions !== undefined)
    .map(({ field: at }) =>
      forbiddenField(`${at}.securityContext.windowsOptions`, 'windows options cannot be set for a linux pod'),
    )
}

function checkWindows(spec: JsonObject, field: string): FieldError[] {
  const isSet = ([key, value]: [string, unknown]) =>
    value !== undefined && (value !== false || !/^host(PID|IPC)$/.test(key))
  const given = (value: JsonObject, keys: readonly string[]) => keys.filter((key) => isSet([key, value[key]]))
  const fields = [
    ...given(spec, LINUX_HOST_FIELDS).map((key) => `${field}.${key}`),
    ...given(objectIn(spec, 'securityContext'), LINUX_POD_FIELDS).map((key) => `${field}.securityContext.${key}`),
    ...containersOf(spec, field).flatMap(({ container, field: at }) =>
      given(objectIn(container, 'securityContext'), LINUX_CONTAINER_FIELDS).map(
        (key) => `${at}.securityContext.${key}`,
      ),
    ),
  ]
  return fields.map((each) => forbiddenField(each, 'cannot be set for a windows pod'))
}

/** Containers that are processes of the host: all or none. source: validateWindowsHostProcessPod */
export function checkHostProcess(spec: JsonObject, field: string): FieldError[] {
  const own = hostProcessOf(spec)
  const containers = containersOf(spec, field)
  const different = containers.flatMap(({ container, field: at }) => {
    const its = hostProcessOf(container)
    if (own === undefined || its === undefined || own === its) return []
    const text = `pod hostProcess value must be identical if both are specified, was ${own}`
    return [invalidValue(`${at}.securityContext.windowsOptions.hostProcess`, its, text)]
  })
  const count = containers.filter(({ container }) => (hostProcessOf(container) ?? own) === true).length
  if (count === 0) return different
  const all = 'If pod contains any hostProcess containers then all containers must be HostProcess containers'
  const network = 'hostNetwork must be true if pod contains any hostProcess containers'
  return [
    ...different,
    ...(count === containers.length ? [] : [invalidValue(field, '', all)]),
    ...(spec.hostNetwork === true ? [] : [invalidValue(`${field}.hostNetwork`, false, network)]),
  ]
}

function hostProcessOf(holder: JsonObject): boolean | undefined {
  const value = objectIn(objectIn(holder, 'securityContext'), 'windowsOptions').hostProcess
  return typeof value === 'boolean' ? value : undefined
}

/** source: validateWindowsSecurityContextOptions */
export function checkWindowsOptions(options: JsonObject | undefined, field: string): FieldError[] {
  if (options === undefined) return []
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName: user } = options
  return [
    ...(typeof name === 'string' ? checkName(name, `${field}.gmsaCredentialSpecName`, subdomainName) : []),
    ...(typeof spec === 'string' ? checkCredentialSpec(spec, `${field}.gmsaCredentialSpec`) : []),
    ...(typeof user === 'string'
      ? userNameFaults(user).map((text) => invalidValue(`${field}.runAsUserName`, user, `runAsUserName${text}`))
      : []),
  ]
}

function checkCredentialSpec(spec: string, field: string): FieldError[] {
  if (spec === '') return [invalidValue(field, spec, 'gmsaCredentialSpec cannot be an empty string')]
  return spec.length > MAX_CREDENTIAL_SPEC
    ? [invalidValue(field, spec, 'gmsaCredentialSpec size must be under 64 KiB')]
    : []
}

/** `DOMAIN\user` or `user`; what is wrong reads on after `runAsUserName`. */
function userNameFaults(name: string): string[] {
  if (name === '') return [' cannot be an empty string']
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
  if (/[\x00-\x1f\x7f]/.test(name)) return [' cannot contain control characters']
  const parts = name.split('\\')
  if (parts.length > 2) return [' cannot contain more than one backslash']
  const user = parts.at(-1) ?? ''
  const domain = parts.length === 2 ? parts[0] : undefined
  return [...(domain === undefined ? [] : domainFaults(domain)), ...userFaults(user)]
}

function domainFaults(domain: string): string[] {
  return [
    ...(domain.length >= MAX_DOMAIN ? [`'s Domain length must be under ${MAX_DOMAIN} characters`] : []),
    ...(NETBIOS.test(domain) || DNS.test(domain) ? [] : ["'s Domain doesn't match the NetBios nor the DNS format"]),
  ]
}

function userFaults(user: string): string[] {
  return [
    ...(user === '' ? ["'s User cannot be empty"] : []),
    ...(user.length > MAX_USER ? [`'s User length must not be longer than ${MAX_USER} characters`] : []),
    ...(/^[. ]+$/.test(user) ? ["'s User cannot contain only periods or spaces"] : []),
    ...(/["/\\:;|=,+*?<>@[\]]/.test(user)
      ? ['\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]']
      : []),
  ]
}
