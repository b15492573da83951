import { isDeepStrictEqual } from 'node:util'
import type { FieldError } from '../field-error.ts'
import type { ApiObject } from '../json.ts'
import type { Strategy } from '../kinds/api-resource.ts'
import { validateBounded } from '../schema/bounded-validation.ts'
import { hasRules, validateRules } from '../schema/cel.ts'
import { applySchemaDefaults, dropNulls, fillDefaults } from '../schema/defaults.ts'
import { coerceEmbeddedResources, validateEmbeddedResources } from '../schema/embedded-resources.ts'
import { validateListTypes } from '../schema/list-types.ts'
import { prune } from '../schema/prune.ts'
import type { Schema } from '../schema/schema.ts'
import { validateSchema } from '../schema/validate.ts'
import type { ScalePaths } from './definition.ts'
import { validateScale } from './scale.ts'

export interface CustomStrategyOptions {
  readonly schema: Schema
  /** Its status is a subresource. */
  readonly hasStatus: boolean
  readonly scale: ScalePaths | undefined
  /** Unknown fields stay. */
  readonly preservesUnknownFields: boolean
  /** This version is the one that is stored: it is the one whose defaults reading fills in. */
  readonly isStorageVersion: boolean
  /** Throws ApiError when nothing may be made any more. */
  readonly assertCreatable: (object: ApiObject) => void
}

/**
 * How the objects of one version of a definition are created and changed; metadata is checked with all other kinds'.
 * source: apiextensions-apiserver pkg/registry/customresource/strategy.go, status_strategy.go
 */
export function createCustomStrategy(options: CustomStrategyOptions): Strategy {
  const { schema, hasStatus, preservesUnknownFields } = options
  const bounded =
    hasRules(schema) || hasPatterns(schema) ? validateBounded : (validate: () => FieldError[]) => validate()
  const complete = (object: ApiObject) => {
    if (!preservesUnknownFields) prune(schema, object)
    dropNulls(schema, object)
    applySchemaDefaults(schema, object)
  }
  return {
    hasGeneration: true,
    hasStatus,
    takesPlainFinalizers: true,
    updatesUnconditionally: false,
    applyDefaults: complete,
    // What is applied was decoded without the schema: a null stays, and is refused.
    completeApplied(object) {
      coerceEmbeddedResources(schema, object)
      fillDefaults(schema, object)
    },
    prepareForRead(object) {
      if (options.isStorageVersion) complete(object)
      else if (!preservesUnknownFields) prune(schema, object)
    },
    prepareForCreate(object) {
      options.assertCreatable(object)
      if (hasStatus) delete object.status
      object.metadata.generation = 1
    },
    prepareForUpdate(object, old) {
      if (hasStatus) restoreStatus(object, old)
      object.metadata.generation = (old.metadata.generation ?? 0) + (isSameButMetadata(object, old) ? 0 : 1)
    },
    prepareForStatusUpdate(object, old) {
      keepStatusOnly(object, old)
    },
    validate: (object) => bounded(() => validateWhole(options, object, undefined)),
    validateUpdate: (object, old) => bounded(() => validateWhole(options, object, old)),
    validateStatusUpdate: (object, old) => bounded(() => validateStatus(options, object, old)),
  }
}

/** A pattern anywhere; also a default's or an enumeration's field of that name, which does no harm. */
function hasPatterns(schema: Schema): boolean {
  return JSON.stringify(schema).includes('"pattern":')
}

function restoreStatus(object: ApiObject, old: ApiObject): void {
  if (old.status === undefined) delete object.status
  else object.status = structuredClone(old.status)
}

function isSameButMetadata(object: ApiObject, old: ApiObject): boolean {
  return isDeepStrictEqual({ ...object, metadata: null }, { ...old, metadata: null })
}

/** All else stays as it was, metadata too, but who manages which fields. */
function keepStatusOnly(object: ApiObject, old: ApiObject): void {
  const { status, metadata } = object
  for (const key of Object.keys(object)) delete object[key]
  Object.assign(object, structuredClone(old))
  if (metadata.managedFields === undefined) delete object.metadata.managedFields
  else object.metadata.managedFields = metadata.managedFields
  if (metadata.resourceVersion !== undefined) object.metadata.resourceVersion = metadata.resourceVersion
  if (status === undefined) delete object.status
  else object.status = status
}

function validateWhole(
  { schema, scale }: CustomStrategyOptions,
  object: ApiObject,
  old: ApiObject | undefined,
): FieldError[] {
  const errors = [
    ...validateSchema(schema, object, old),
    ...(scale === undefined ? [] : validateScale(object, scale, 'all')),
    ...validateEmbeddedResources(schema, object),
    ...(old !== undefined && validateListTypes(schema, old).length > 0 ? [] : validateListTypes(schema, object)),
  ]
  return [...errors, ...rulesOrWhyNot(schema, object, old, errors)]
}

function validateStatus({ schema, scale }: CustomStrategyOptions, object: ApiObject, old: ApiObject): FieldError[] {
  const statusSchema = schema.properties?.status
  const errors = [
    ...(object.status === undefined || statusSchema === undefined
      ? []
      : validateSchema(statusSchema, object.status, old.status, 'status')),
    ...(scale === undefined ? [] : validateScale(object, scale, 'status')),
    ...(validateListTypes(schema, old).length > 0 ? [] : validateListTypes(schema, object)),
  ]
  return [...errors, ...rulesOrWhyNot(schema, object, old, errors)]
}

const BLOCKING: readonly string[] = [
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]

/** Rules see only what has the right types. */
function rulesOrWhyNot(
  schema: Schema,
  object: ApiObject,
  old: ApiObject | undefined,
  errors: readonly FieldError[],
): FieldError[] {
  if (!errors.some(({ reason }) => BLOCKING.includes(reason))) return validateRules(schema, object, old)
  // Without rules there is nothing that was not checked.
  if (!hasRules(schema)) return []
  const detail =
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'
  return [{ reason: 'FieldValueInvalid', field: '<nil>', badValue: null, detail }]
}
