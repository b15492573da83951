import type { FieldError } from '../../../field-error.ts'
import type { JsonObject, JsonValue } from '../../../json.ts'
import {
  checkOneOfOptional,
  checkRange,
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  tooLong,
} from '../field-errors.ts'
import { internalValue } from '../go-internal.ts'
import { eachObject, listIn, objectIn, optionalObjectIn, textIn, textsIn } from '../json-parts.ts'
import { checkDescendingPath } from './local-path.ts'
import { containersOf } from './pod-containers.ts'
import { checkWindowsOptions } from './windows.ts'

const MAX_ID = 2 ** 31 - 1
const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined']
const MAX_PROFILE_PATH = 4095
const MAX_SYSCTL = 253
const SYSCTL = '([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
/** Which sysctls belong to a namespace, by what they begin with. source: component-helpers node/util/sysctl */
const NET_SYSCTL = /^net[./]/
const IPC_SYSCTL = /^(kernel[./](sem|shm|msg)|fs[./]mqueue[./])/

/** The pod's own. source: kubernetes pkg/apis/core/validation, validatePodSpecSecurityContext */
export function checkPodSecurity(spec: JsonObject, field: string): FieldError[] {
  const context = objectIn(spec, 'securityContext')
  const path = `${field}.securityContext`
  return [
    ...['fsGroup', 'runAsUser', 'runAsGroup'].flatMap((key) => checkId(context[key], `${path}.${key}`)),
    ...listIn(context, 'supplementalGroups').flatMap((id, at) => checkId(id, `${path}.supplementalGroups[${at}]`)),
    ...(spec.shareProcessNamespace === true && spec.hostPID === true
      ? [
          invalidValue(
            `${path}.shareProcessNamespace`,
            true,
            'ShareProcessNamespace and HostPID cannot both be enabled',
          ),
        ]
      : []),
    ...checkSysctls(spec, context, path),
    ...checkOneOfOptional(context.fsGroupChangePolicy, `${path}.fsGroupChangePolicy`, ['Always', 'OnRootMismatch']),
    ...checkSeccomp(optionalObjectIn(context, 'seccompProfile'), `${path}.seccompProfile`),
    ...checkOtherProfiles(context, path),
    ...checkOneOfOptional(context.supplementalGroupsPolicy, `${path}.supplementalGroupsPolicy`, ['Merge', 'Strict']),
    ...checkOneOfOptional(context.seLinuxChangePolicy, `${path}.seLinuxChangePolicy`, ['Recursive']),
  ]
}

/** A container's. source: ValidateSecurityContext */
export function checkContainerSecurity(container: JsonObject, spec: JsonObject, field: string): FieldError[] {
  const context = optionalObjectIn(container, 'securityContext')
  if (context === undefined) return []
  const path = `${field}.securityContext`
  return [
    ...['runAsUser', 'runAsGroup'].flatMap((key) => checkId(context[key], `${path}.${key}`)),
    ...checkOneOfOptional(context.procMount, `${path}.procMount`, ['Default', 'Unmasked']),
    ...(context.procMount === 'Unmasked' && spec.hostUsers !== false
      ? [invalidValue(`${path}.procMount`, 'Unmasked', '`hostUsers` must be false to use `Unmasked`')]
      : []),
    ...checkSeccomp(optionalObjectIn(context, 'seccompProfile'), `${path}.seccompProfile`),
    ...escalationFaults(context, path),
    ...checkOtherProfiles(context, path),
  ]
}

/** Pods with users of their own share no other namespace of the host. source: validateHostUsers */
export function checkHostUsers(spec: JsonObject, field: string): FieldError[] {
  if (spec.hostUsers !== false) return []
  const text = 'when `hostUsers` is false'
  return [
    ...(spec.hostNetwork === true ? [forbiddenField(`${field}.hostNetwork`, text)] : []),
    ...(spec.hostPID === true ? [forbiddenField(`${field}.HostPID`, text)] : []),
    ...(spec.hostIPC === true ? [forbiddenField(`${field}.HostIPC`, text)] : []),
    ...containersOf(spec, field)
      .filter(({ container }) => listIn(container, 'volumeDevices').length > 0)
      .map(({ field: at }) => forbiddenField(`${at}.volumeDevices`, text)),
  ]
}

function escalationFaults(context: JsonObject, field: string): FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return []
  const shown = internalValue('SecurityContext', context)
  const text = 'cannot set `allowPrivilegeEscalation` to false and'
  const admins = textsIn(objectIn(context, 'capabilities'), 'add').filter((each) => each === 'CAP_SYS_ADMIN')
  return [
    ...(context.privileged === true ? [invalidValue(field, shown, `${text} \`privileged\` to true`)] : []),
    ...admins.map(() => invalidValue(field, shown, `${text} \`capabilities.Add\` CAP_SYS_ADMIN`)),
  ]
}

function checkOtherProfiles(context: JsonObject, path: string): FieldError[] {
  return [
    ...checkWindowsOptions(optionalObjectIn(context, 'windowsOptions'), `${path}.windowsOptions`),
    ...checkAppArmor(optionalObjectIn(context, 'appArmorProfile'), `${path}.appArmorProfile`),
  ]
}

function checkSeccomp(profile: JsonObject | undefined, field: string): FieldError[] {
  if (profile === undefined) return []
  const { localhostProfile } = profile
  const path = `${field}.localhostProfile`
  const faults = checkProfileType(textIn(profile, 'type'), `${field}.type`, 'seccompProfile')
  if (profile.type === 'Localhost')
    return typeof localhostProfile === 'string'
      ? [...faults, ...checkDescendingPath(localhostProfile, path)]
      : [...faults, required(path, 'must be set when seccomp type is Localhost')]
  if (localhostProfile === undefined) return faults
  const shown = internalValue('SeccompProfile', profile)
  return [...faults, invalidValue(path, shown, 'can only be set when seccomp type is Localhost')]
}

function checkAppArmor(profile: JsonObject | undefined, field: string): FieldError[] {
  if (profile === undefined) return []
  const path = `${field}.localhostProfile`
  const { type, localhostProfile } = profile
  if (type === 'Localhost') return checkLocalhostProfile(localhostProfile, path)
  const faults = checkProfileType(textIn(profile, 'type'), `${field}.type`, 'appArmorProfile')
  if (faults.length > 0 || localhostProfile === undefined) return faults
  return [invalidValue(path, localhostProfile, 'can only be set when AppArmor type is Localhost')]
}

function checkLocalhostProfile(profile: JsonValue | undefined, field: string): FieldError[] {
  const missing = required(field, 'must be set when AppArmor type is Localhost')
  if (typeof profile !== 'string' || profile === '') return [missing]
  return [
    ...(profile.trim() === profile ? [] : [invalidValue(field, profile, 'must not be padded with whitespace')]),
    ...(profile.length > MAX_PROFILE_PATH ? [tooLong(field, MAX_PROFILE_PATH)] : []),
  ]
}

function checkProfileType(type: string, field: string, profile: string): FieldError[] {
  if (type === '') return [required(field, `type is required when ${profile} is set`)]
  return PROFILE_TYPES.includes(type) ? [] : [notSupported(field, type, PROFILE_TYPES)]
}

function checkId(id: JsonValue | undefined, field: string): FieldError[] {
  return checkRange(id, field, 0, MAX_ID)
}

function checkSysctls(spec: JsonObject, context: JsonObject, field: string): FieldError[] {
  const seen = new Set<string>()
  return eachObject(context, 'sysctls', field, (sysctl, at) => {
    const name = textIn(sysctl, 'name')
    const isTwice = seen.has(name)
    seen.add(name)
    return [...checkSysctlName(name, isTwice, `${at}.name`), ...sharedSysctl(spec, name, `${at}.name`)]
  })
}

function checkSysctlName(name: string, isTwice: boolean, field: string): FieldError[] {
  if (name === '') return [required(field)]
  if (name.length > MAX_SYSCTL || !new RegExp(`^${SYSCTL}$`).test(name))
    return [invalidValue(field, name, `must have at most ${MAX_SYSCTL} characters and match regex ^${SYSCTL}$`)]
  return isTwice ? [duplicate(field, name)] : []
}

function sharedSysctl(spec: JsonObject, name: string, field: string): FieldError[] {
  if (spec.hostNetwork === true && NET_SYSCTL.test(name))
    return [invalidValue(field, name, "may not be specified when 'hostNetwork' is true")]
  return spec.hostIPC === true && IPC_SYSCTL.test(name)
    ? [invalidValue(field, name, "may not be specified when 'hostIPC' is true")]
    : []
}
