import type { FieldError } from '../../../field-error.ts'
import type { ApiObject, JsonObject } from '../../../json.ts'
import { forbiddenField, invalidValue } from '../field-errors.ts'
import { objectIn, optionalObjectIn, textIn } from '../json-parts.ts'
import { checkDescendingPath } from './local-path.ts'
import { containersOf } from './pod-containers.ts'

type Annotations = Readonly<Record<string, string>>

const MIRROR = 'kubernetes.io/config.mirror'
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/'
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod'
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/'
const SECCOMP_DEFAULTS = ['runtime/default', 'docker/default']

/** What annotations of pods mean to the API. source: kubernetes pkg/apis/core/validation, ValidatePodSpecificAnnotations */
export function checkPodAnnotations(annotations: Annotations, spec: JsonObject, field: string): FieldError[] {
  const mirror = annotations[MIRROR]
  const cost = annotations[DELETION_COST]
  const isLost = mirror !== undefined && textIn(spec, 'nodeName') === ''
  return [
    ...(isLost
      ? [invalidValue(`${field}[${MIRROR}]`, mirror, 'must set spec.nodeName if mirror pod annotation is set')]
      : []),
    ...(cost === undefined || isInt32(cost)
      ? []
      : [invalidValue(`${field}[${DELETION_COST}]`, cost, 'must be a 32bit integer')]),
    ...Object.entries(annotations).flatMap(([key, value]) => [
      ...(key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER) ? checkSeccomp(value, `${field}.${key}`) : []),
      ...(key.startsWith(APP_ARMOR) ? checkAppArmor(key, value, spec, `${field}[${key}]`) : []),
    ]),
  ]
}

function isInt32(text: string): boolean {
  return /^(0|-?[1-9]\d*)$/.test(text) && Math.abs(Number(text)) < 2 ** 31
}

function checkSeccomp(profile: string, field: string): FieldError[] {
  if ([...SECCOMP_DEFAULTS, 'unconfined'].includes(profile)) return []
  if (profile.startsWith('localhost/')) return checkDescendingPath(profile.slice('localhost/'.length), field)
  return [invalidValue(field, profile, 'must be a valid seccomp profile')]
}

function checkAppArmor(key: string, profile: string, spec: JsonObject, field: string): FieldError[] {
  const name = key.slice(APP_ARMOR.length)
  const isThere = containersOf(spec, '').some(({ container }) => container.name === name)
  const isKnown = ['', 'runtime/default', 'unconfined'].includes(profile) || profile.startsWith('localhost/')
  return [
    ...(isThere ? [] : [invalidValue(field, name, 'container not found')]),
    ...(isKnown ? [] : [invalidValue(field, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`)]),
  ]
}

/** Those that are for good. source: ValidatePodSpecificAnnotationUpdates */
export function checkAnnotationUpdates(pod: ApiObject, old: ApiObject): FieldError[] {
  const [now, before] = [pod.metadata.annotations ?? {}, old.metadata.annotations ?? {}]
  const verbOf = (key: string) => (before[key] === undefined ? 'add' : 'remove or update')
  return [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter((key) => now[key] !== before[key] && (key === MIRROR || key.startsWith(APP_ARMOR)))
    .map((key) => {
      const what = key === MIRROR ? 'mirror pod annotation' : 'AppArmor annotations'
      return forbiddenField(`metadata.annotations[${key}]`, `may not ${verbOf(key)} ${what}`)
    })
}

/** Where both are given, annotation and field say the same. source: validateSeccompAnnotationsAndFields */
export function checkProfilesAgree(pod: ApiObject, spec: JsonObject): FieldError[] {
  const annotations = pod.metadata.annotations ?? {}
  const own = objectIn(spec, 'securityContext')
  const isWindows = objectIn(spec, 'os').name === 'windows'
  const containers = containersOf(spec, 'spec').map(({ container, field }) => ({
    name: textIn(container, 'name'),
    context: objectIn(container, 'securityContext'),
    field: `${field}.securityContext`,
  }))
  return [
    ...agree('seccomp', annotations[SECCOMP_POD], optionalObjectIn(own, 'seccompProfile'), 'spec.securityContext'),
    ...containers.flatMap(({ name, context, field }) =>
      agree('seccomp', annotations[`${SECCOMP_CONTAINER}${name}`], optionalObjectIn(context, 'seccompProfile'), field),
    ),
    ...containers.flatMap(({ name, context, field }) => {
      const profile = optionalObjectIn(context, 'appArmorProfile') ?? optionalObjectIn(own, 'appArmorProfile')
      return isWindows ? [] : agree('apparmor', annotations[`${APP_ARMOR}${name}`], profile, field)
    }),
  ]
}

const FIELDS = { seccomp: 'seccompProfile', apparmor: 'appArmorProfile' } as const

function agree(
  kind: keyof typeof FIELDS,
  annotation: string | undefined,
  profile: JsonObject | undefined,
  context: string,
): FieldError[] {
  if (annotation === undefined || profile === undefined) return []
  const field = `${context}.${FIELDS[kind]}`
  const defaults = kind === 'seccomp' ? SECCOMP_DEFAULTS : ['runtime/default']
  const matches: Readonly<Record<string, boolean>> = {
    Unconfined: annotation === 'unconfined',
    RuntimeDefault: defaults.includes(annotation),
    Localhost: annotation.startsWith('localhost/'),
  }
  const differs = (key: string, what: string) => [
    forbiddenField(`${field}.${key}`, `${kind} ${what} in annotation and field must match`),
  ]
  if (matches[textIn(profile, 'type')] === false) return differs('type', 'type')
  return profile.type === 'Localhost' && annotation !== `localhost/${profile.localhostProfile}`
    ? differs('localhostProfile', 'profile')
    : []
}
