import { isDeepStrictEqual } from 'node:util'
import type { FieldError } from '../field-error.ts'
import type { ApiObject, JsonValue } from '../json.ts'
import type { PrinterColumn } from '../kinds/columns/custom-columns.ts'
import { checkOneOf, duplicate, IMMUTABLE, invalidValue, required } from '../kinds/strategies/field-errors.ts'
import { label1035Name, subdomainName } from '../kinds/strategies/names.ts'
import type { Schema } from '../schema/schema.ts'
import { isProtectedGroup, validateApproval } from './api-approval.ts'
import {
  type Definition,
  type DefinitionNames,
  type DefinitionSpec,
  type DefinitionSubresources,
  type DefinitionVersion,
  isConditionTrue,
} from './definition.ts'
import { schemaAt } from './schema-at.ts'
import { validateConversion } from './validate-conversion.ts'
import { validateDefinitionSchema } from './validate-definition-schema.ts'

/**
 * What is wrong with a definition that is made.
 * source: apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go
 */
export function validateDefinition(object: ApiObject): FieldError[] {
  return [...validateName(object), ...validateAll(object as Definition, undefined)]
}

export function validateDefinitionUpdate(object: ApiObject, oldObject: ApiObject): FieldError[] {
  const definition = object as Definition
  const old = oldObject as Definition
  return [...validateAll(definition, old), ...validateImmutable(definition, old)]
}

export function validateDefinitionStatus(object: ApiObject): FieldError[] {
  const { status } = object as Definition
  return status?.acceptedNames === undefined ? [] : validateNames(status.acceptedNames, 'status.acceptedNames')
}

function validateName(object: ApiObject): FieldError[] {
  const { spec, metadata } = object as Definition
  if (metadata.name === `${spec.names?.plural ?? ''}.${spec.group ?? ''}` || metadata.name === undefined) return []
  return [invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group')]
}

function validateAll(definition: Definition, old: Definition | undefined): FieldError[] {
  const { spec } = definition
  const mayPreserve = old?.spec.preserveUnknownFields === true
  return [
    ...validateSpec(spec, old),
    ...validateDefinitionStatus(definition),
    ...validateStoredVersions(definition),
    ...(isProtectedGroup(spec.group ?? '') ? validateApproval(definition, old) : []),
    ...(spec.preserveUnknownFields === true && !mayPreserve
      ? [
          invalidValue(
            'spec.preserveUnknownFields',
            true,
            'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
          ),
        ]
      : []),
  ]
}

/** What may not change once names are in use. */
function validateImmutable(definition: Definition, old: Definition): FieldError[] {
  const [spec, before] = [definition.spec, old.spec]
  const changed = (field: string, now: JsonValue | undefined, was: JsonValue | undefined) =>
    now === was ? [] : [invalidValue(field, now, IMMUTABLE)]
  return [
    ...(isConditionTrue(old, 'Established')
      ? [
          ...changed('spec.scope', spec.scope, before.scope),
          ...changed('spec.names.kind', spec.names.kind, before.names.kind),
        ]
      : []),
    ...changed('spec.group', spec.group, before.group),
    ...changed('spec.names.plural', spec.names.plural, before.names.plural),
  ]
}

function validateStoredVersions({ spec, status }: Definition): FieldError[] {
  const stored = status?.storedVersions ?? []
  const path = 'status.storedVersions'
  if (stored.length === 0) return [invalidValue(path, null, 'must have at least one stored version')]
  const versions = spec.versions ?? []
  const storage = versions.filter((version) => version.storage && !stored.includes(version.name))
  return [
    ...storage.map(({ name }) => invalidValue(path, [...stored], `must have the storage version ${name}`)),
    ...stored.flatMap((name, i) =>
      versions.some((version) => version.name === name)
        ? []
        : [
            invalidValue(
              `${path}[${i}]`,
              name,
              `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
            ),
          ],
    ),
  ]
}

function validateSpec(spec: DefinitionSpec, old: Definition | undefined): FieldError[] {
  const versions = spec.versions ?? []
  const shared = sharedParts(versions)
  const errors = [
    ...validateGroup(spec.group ?? ''),
    ...checkOneOf(spec.scope ?? '', 'spec.scope', ['Cluster', 'Namespaced']),
  ]
  for (const [i, version] of versions.entries())
    if (version.schema?.openAPIV3Schema === undefined)
      errors.push(required(`spec.versions[${i}].schema.openAPIV3Schema`))
  for (const [i, version] of versions.entries()) errors.push(...validateVersion(version, shared, `spec.versions[${i}]`))
  if (new Set(versions.map(({ name }) => name)).size < versions.length)
    errors.push(invalidValue('spec.versions', goVersions(versions), 'must contain unique version names'))
  if (versions.filter(({ storage }) => storage).length !== 1)
    errors.push(
      invalidValue(
        'spec.versions',
        (spec.versions ?? null) === null ? null : goVersions(versions),
        'must have exactly one version marked as storage version',
      ),
    )
  const first = versions[0]?.name ?? ''
  const versionFaults = first === '' ? [] : label1035Name(first)
  // Internally the first version's name stands once more.
  if (versionFaults.length > 0) errors.push(invalidValue('spec.version', first, versionFaults.join(',')))
  errors.push(...validateRequiredNames(spec.names), ...validateNames(spec.names ?? {}, 'spec.names'))
  if (shared.schema !== undefined) {
    const hasStatus = versions.some(({ subresources }) => subresources?.status !== undefined)
    errors.push(...validateDefinitionSchema(shared.schema, hasStatus, 'spec.validation.openAPIV3Schema'))
  }
  if (shared.subresources !== undefined) errors.push(...validateSubresources(shared.subresources, 'spec.subresources'))
  for (const [i, column] of (shared.columns ?? []).entries())
    errors.push(...validateColumn(column, `spec.additionalPrinterColumns[${i}]`))
  if (shared.selectableFields !== undefined)
    errors.push(
      ...validateSelectableFields(
        shared.selectableFields,
        versions[0]?.schema?.openAPIV3Schema,
        'spec.selectableFields',
      ),
    )
  const isEstablished = old !== undefined && isConditionTrue(old, 'Established')
  errors.push(...validateConversion(spec.conversion, old?.spec.conversion, isEstablished, 'spec.conversion'))
  return errors
}

/** What all versions have alike: internally it stands once, and messages name it there. */
interface SharedParts {
  readonly schema: Schema | undefined
  readonly subresources: DefinitionSubresources | undefined
  readonly columns: readonly PrinterColumn[] | undefined
  readonly selectableFields: DefinitionVersion['selectableFields']
}

function sharedParts(versions: readonly DefinitionVersion[]): SharedParts {
  const alike = <T>(partOf: (version: DefinitionVersion) => T): T | undefined => {
    const [first] = versions
    if (first === undefined) return undefined
    return versions.every((version) => isDeepStrictEqual(partOf(version), partOf(first))) ? partOf(first) : undefined
  }
  return {
    schema: alike(({ schema }) => schema?.openAPIV3Schema),
    subresources: alike(({ subresources }) => subresources),
    columns: alike(({ additionalPrinterColumns }) => additionalPrinterColumns),
    selectableFields: alike(({ selectableFields }) => selectableFields),
  }
}

function validateGroup(group: string): FieldError[] {
  if (group === '') return [required('spec.group')]
  const faults = subdomainName(group)
  if (faults.length > 0) return [invalidValue('spec.group', group, faults.join(','))]
  return group.includes('.') ? [] : [invalidValue('spec.group', group, 'should be a domain with at least one dot')]
}

function validateVersion(version: DefinitionVersion, shared: SharedParts, path: string): FieldError[] {
  const { name, schema, subresources, additionalPrinterColumns = [], selectableFields } = version
  const errors: FieldError[] = []
  const faults = label1035Name(name ?? '')
  if (faults.length > 0) errors.push(invalidValue(`${path}.name`, name ?? '', faults.join(',')))
  errors.push(...validateDeprecation(version, `${path}.deprecationWarning`))
  if (shared.schema === undefined && schema?.openAPIV3Schema !== undefined)
    errors.push(
      ...validateDefinitionSchema(
        schema.openAPIV3Schema,
        subresources?.status !== undefined,
        `${path}.schema.openAPIV3Schema`,
      ),
    )
  if (shared.subresources === undefined && subresources !== undefined)
    errors.push(...validateSubresources(subresources, `${path}.subresources`))
  if (shared.columns === undefined)
    for (const [i, column] of additionalPrinterColumns.entries())
      errors.push(...validateColumn(column, `${path}.additionalPrinterColumns[${i}]`))
  if (shared.selectableFields === undefined && selectableFields !== undefined)
    errors.push(...validateSelectableFields(selectableFields, schema?.openAPIV3Schema, `${path}.selectableFields`))
  return errors
}

function validateDeprecation({ deprecated, deprecationWarning: text }: DefinitionVersion, field: string): FieldError[] {
  if (text === undefined) return []
  if (deprecated !== true) return [invalidValue(field, text, 'can only be set for deprecated versions')]
  const unprintable = [...text].findIndex((character) => /\p{C}/u.test(character))
  return [
    ...(text.length > 256 ? [invalidValue(field, text, 'must be <= 256 characters long')] : []),
    ...(text === '' ? [invalidValue(field, text, 'must not be an empty string')] : []),
    ...(unprintable >= 0
      ? [
          invalidValue(
            field,
            text,
            `must only contain printable UTF-8 characters; non-printable character found at index ${unprintable}`,
          ),
        ]
      : []),
  ]
}

function validateRequiredNames(names: Partial<DefinitionNames> = {}): FieldError[] {
  return (['plural', 'singular', 'kind', 'listKind'] as const)
    .filter((name) => (names[name] ?? '') === '')
    .map((name) => required(`spec.names.${name}`))
}

function validateNames(names: Partial<DefinitionNames>, path: string): FieldError[] {
  const { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] } = names
  const label = (value: string, field: string) => {
    const faults = value === '' ? [] : label1035Name(value)
    return faults.length === 0 ? [] : [invalidValue(field, value, faults.join(','))]
  }
  const camelCase = (value: string, field: string) => {
    const faults = value === '' ? [] : label1035Name(value.toLowerCase())
    if (faults.length === 0) return []
    return [invalidValue(field, value, `may have mixed case, but should otherwise match: ${faults.join(',')}`)]
  }
  return [
    ...label(plural, `${path}.plural`),
    ...label(singular, `${path}.singular`),
    ...camelCase(kind, `${path}.kind`),
    ...camelCase(listKind, `${path}.listKind`),
    ...shortNames.flatMap((each, i) => label(each, `${path}.shortNames[${i}]`)),
    ...(kind !== '' && kind === listKind
      ? [invalidValue(`${path}.listKind`, listKind, 'kind and listKind may not be the same')]
      : []),
    ...categories.flatMap((each, i) => label(each, `${path}.categories[${i}]`)),
  ]
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string']
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

function validateColumn(
  { name = '', type = '', format = '', jsonPath = '' }: PrinterColumn,
  path: string,
): FieldError[] {
  const errors: FieldError[] = []
  const types = `must be one of ${COLUMN_TYPES.join(',')}`
  if (name === '') errors.push(required(`${path}.name`))
  if (type === '') errors.push(required(`${path}.type`, types))
  else if (!COLUMN_TYPES.includes(type)) errors.push(invalidValue(`${path}.type`, type, types))
  if (format !== '' && !COLUMN_FORMATS.includes(format))
    errors.push(invalidValue(`${path}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`))
  if (jsonPath === '') errors.push(required(`${path}.JSONPath`))
  else errors.push(...validateSimplePath(jsonPath, `${path}.JSONPath`))
  return errors
}

function validateSimplePath(path: string, field: string): FieldError[] {
  return path.startsWith('.') ? [] : [invalidValue(field, path, 'must be a simple json path starting with .')]
}

function validateSubresources({ scale }: DefinitionSubresources, path: string): FieldError[] {
  if (scale === undefined) return []
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = '' } = scale
  const under = (value: string, name: string, roots: readonly string[], detail: string) => {
    const field = `${path}.scale.${name}`
    const simple = validateSimplePath(value, field)
    if (simple.length > 0 || roots.some((root) => value.startsWith(root))) return simple
    return [invalidValue(field, value, detail)]
  }
  return [
    ...(specReplicasPath === ''
      ? [required(`${path}.scale.specReplicasPath`)]
      : under(specReplicasPath, 'specReplicasPath', ['.spec.'], 'should be a json path under .spec')),
    ...(statusReplicasPath === ''
      ? [required(`${path}.scale.statusReplicasPath`)]
      : under(statusReplicasPath, 'statusReplicasPath', ['.status.'], 'should be a json path under .status')),
    ...(labelSelectorPath === ''
      ? []
      : under(
          labelSelectorPath,
          'labelSelectorPath',
          ['.spec.', '.status.'],
          'should be a json path under either .spec or .status',
        )),
  ]
}

const MAX_SELECTABLE_FIELDS = 8

function validateSelectableFields(
  fields: NonNullable<DefinitionVersion['selectableFields']>,
  schema: Schema | undefined,
  path: string,
): FieldError[] {
  const seen = new Set<string>()
  const errors = fields.flatMap(({ jsonPath = '' }, i) => {
    const field = `${path}[${i}].jsonPath`
    if (jsonPath === '') return [required(field)]
    const found = schemaAt(schema ?? {}, jsonPath)
    if (typeof found === 'string') return [invalidValue(field, jsonPath, `is an invalid path: ${found}`)]
    const own: FieldError[] = []
    if (jsonPath.startsWith('.metadata'))
      own.push(invalidValue(field, jsonPath, 'must not point to fields in metadata'))
    if (!['string', 'boolean', 'integer'].includes(found.type ?? ''))
      own.push(
        invalidValue(
          field,
          jsonPath,
          'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        ),
      )
    if (seen.has(jsonPath)) own.push(duplicate(field, jsonPath))
    seen.add(jsonPath)
    return own
  })
  if (seen.size <= MAX_SELECTABLE_FIELDS) return errors
  const detail = `must have at most ${MAX_SELECTABLE_FIELDS} items`
  return [...errors, { reason: 'FieldValueTooMany', field: path, badValue: seen.size, detail }]
}

/** As Go writes the internal structs, which messages show whole. */
function goVersions(versions: readonly DefinitionVersion[]): JsonValue {
  const shared = sharedParts(versions)
  const own = (value: unknown, isShared: boolean) => (isShared || value === undefined ? null : value) as JsonValue
  return versions.map((version) => ({
    Name: version.name ?? '',
    Served: version.served ?? false,
    Storage: version.storage ?? false,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: own(version.schema, shared.schema !== undefined),
    Subresources: own(version.subresources, shared.subresources !== undefined),
    AdditionalPrinterColumns: own(version.additionalPrinterColumns, shared.columns !== undefined),
    SelectableFields: own(version.selectableFields, shared.selectableFields !== undefined),
  }))
}
