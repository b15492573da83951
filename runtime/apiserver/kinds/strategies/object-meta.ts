import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonValue, ObjectMeta, OwnerReference } from '../../json.ts'
import type { Strategy } from '../api-resource.ts'
import { forbiddenField, IMMUTABLE, invalidValue, NOT_NEGATIVE, required, tooLong } from './field-errors.ts'
import { isSame } from './json-parts.ts'
import {
  checkName,
  label1035Name,
  labelName,
  labelValue,
  type NameRule,
  pathName,
  qualifiedName,
  subdomainName,
} from './names.ts'

export interface MetadataRules {
  readonly namespaced: boolean
  readonly nameRule: Strategy['nameRule']
  /** Else only those that are the API's own or have a domain. */
  readonly takesPlainFinalizers: boolean
}

const NAME_RULES: Readonly<Record<NonNullable<Strategy['nameRule']>, NameRule>> = {
  subdomain: subdomainName,
  label: labelName,
  label1035: label1035Name,
  path: pathName,
}

const MAX_ANNOTATION_BYTES = 256 * 1024
const STANDARD_FINALIZERS = [
  'kubernetes',
  'orphan',
  'foregroundDeletion',
  'kubernetes.io/pv-protection',
  'kubernetes.io/pvc-protection',
]

/**
 * What is wrong with the metadata of an object that is made, of whatever kind.
 * source: apimachinery pkg/api/validation/objectmeta.go
 */
export function validateObjectMeta({ metadata }: ApiObject, rules: MetadataRules): FieldError[] {
  return [
    ...nameFaults(metadata, NAME_RULES[rules.nameRule ?? 'subdomain']),
    ...namespaceFaults(metadata, rules.namespaced),
    ...((metadata.generation ?? 0) < 0 ? [invalidValue('metadata.generation', metadata.generation, NOT_NEGATIVE)] : []),
    ...checkLabels(metadata.labels, 'metadata.labels'),
    ...checkAnnotations(metadata.annotations, 'metadata.annotations'),
    ...ownerFaults(metadata.ownerReferences),
    ...finalizerFaults(metadata.finalizers ?? [], rules.takesPlainFinalizers),
  ]
}

/** What an update may not do, of whatever kind; the name rule does not apply to objects that exist. */
export function validateObjectMetaUpdate(
  object: ApiObject,
  old: ApiObject,
  takesPlainFinalizers: boolean,
): FieldError[] {
  const { metadata } = object
  const before = old.metadata
  const immutable = [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ] as const
  return [
    ...newFinalizerFaults(metadata, before),
    ...((metadata.resourceVersion ?? '') === ''
      ? [invalidValue('metadata.resourceVersion', metadata.resourceVersion ?? '', 'must be specified for an update')]
      : []),
    ...immutable
      .filter((field) => !isSame(metadata[field], before[field]))
      .map((field) => invalidValue(`metadata.${field}`, metadata[field] ?? '', IMMUTABLE)),
    ...checkLabels(metadata.labels, 'metadata.labels'),
    ...checkAnnotations(metadata.annotations, 'metadata.annotations'),
    ...ownerFaults(metadata.ownerReferences),
    ...finalizerFaults(metadata.finalizers ?? [], takesPlainFinalizers),
  ]
}

export function checkLabels(labels: Readonly<Record<string, string>> | undefined, field: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...checkName(key, field, qualifiedName),
    ...checkName(value, field, labelValue),
  ])
}

export function checkAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  field: string,
): FieldError[] {
  const entries = Object.entries(annotations ?? {})
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0)
  return [
    ...entries.flatMap(([key]) => qualifiedName(key.toLowerCase()).map((message) => invalidValue(field, key, message))),
    ...(bytes > MAX_ANNOTATION_BYTES ? [tooLong(field, MAX_ANNOTATION_BYTES)] : []),
  ]
}

function nameFaults({ name = '', generateName = '' }: ObjectMeta, rule: NameRule): FieldError[] {
  return [
    // What is generated gets a suffix: a dash at the end of the prefix is fine.
    ...(generateName === ''
      ? []
      : rule(
          generateName.replace(/-+$/, (dashes) =>
            generateName.length > dashes.length ? 'a'.repeat(dashes.length) : dashes,
          ),
        ).map((message) => invalidValue('metadata.generateName', generateName, message))),
    ...(name === ''
      ? [required('metadata.name', 'name or generateName is required')]
      : checkName(name, 'metadata.name', rule)),
  ]
}

function namespaceFaults({ namespace = '' }: ObjectMeta, namespaced: boolean): FieldError[] {
  if (namespaced && namespace === '') return [required('metadata.namespace')]
  if (namespaced) return checkName(namespace, 'metadata.namespace', labelName)
  return namespace === '' ? [] : [forbiddenField('metadata.namespace', 'not allowed on this type')]
}

function ownerFaults(owners: readonly OwnerReference[] = []): FieldError[] {
  const field = 'metadata.ownerReferences'
  let controller: string | undefined
  return owners.flatMap((owner) => {
    const faults = oneOwnerFaults(owner, field)
    if (owner.controller !== true) return faults
    const current = `${owner.kind}/${owner.name}`
    if (controller === undefined) {
      controller = current
      return faults
    }
    const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`
    return [...faults, invalidValue(field, owners as unknown as JsonValue, detail)]
  })
}

function oneOwnerFaults(owner: OwnerReference, field: string): FieldError[] {
  const empty = (['kind', 'name', 'uid'] as const).filter((key) => (owner[key] ?? '') === '')
  const isEvent = owner.kind === 'Event' && owner.apiVersion === 'v1'
  return [
    ...((owner.apiVersion ?? '') === '' ? [invalidValue(`${field}.apiVersion`, '', 'version must not be empty')] : []),
    ...empty.map((key) => invalidValue(`${field}.${key}`, '', 'must not be empty')),
    ...(isEvent
      ? [invalidValue(field, owner as unknown as JsonValue, '/v1, Kind=Event is disallowed from being an owner')]
      : []),
  ]
}

function finalizerFaults(finalizers: readonly string[], takesPlain: boolean): FieldError[] {
  const field = 'metadata.finalizers'
  const both = finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')
  return [
    ...finalizers.flatMap((each) => checkName(each, field, qualifiedName)),
    ...(both
      ? [invalidValue(field, [...finalizers], 'finalizer orphan and foregroundDeletion cannot be both set')]
      : []),
    ...(takesPlain ? [] : finalizers.flatMap((each, index) => unqualifiedFaults(each, `${field}[${index}]`))),
  ]
}

export function unqualifiedFaults(finalizer: string, field: string): FieldError[] {
  if (finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)) return []
  return [invalidValue(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')]
}

function newFinalizerFaults({ finalizers = [] }: ObjectMeta, before: ObjectMeta): FieldError[] {
  if (before.deletionTimestamp === undefined) return []
  const added = finalizers.filter((each) => !(before.finalizers ?? []).includes(each)).sort()
  if (added.length === 0) return []
  const shown = `[]string{${added.map((each) => JSON.stringify(each)).join(', ')}}`
  return [
    forbiddenField(
      'metadata.finalizers',
      `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`,
    ),
  ]
}
