import type { ApiObject, JsonValue } from '../json.ts'
import type { PrinterColumn } from '../kinds/columns/custom-columns.ts'
import type { Schema } from '../schema/schema.ts'
import { rfc3339 } from '../timestamp.ts'

/** apiextensions.k8s.io/v1 CustomResourceDefinition, as it is once defaults are in and it is valid. */
export interface Definition extends ApiObject {
  spec: DefinitionSpec
  status: DefinitionStatus
}

export interface DefinitionSpec {
  readonly group: string
  readonly scope: 'Namespaced' | 'Cluster'
  readonly names: DefinitionNames
  readonly versions: readonly DefinitionVersion[]
  readonly conversion?: DefinitionConversion
  readonly preserveUnknownFields?: boolean
}

export interface DefinitionNames {
  readonly plural: string
  readonly kind: string
  readonly singular?: string
  readonly listKind?: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
}

export interface DefinitionVersion {
  readonly name: string
  readonly served: boolean
  readonly storage: boolean
  readonly deprecated?: boolean
  readonly deprecationWarning?: string
  readonly schema?: { readonly openAPIV3Schema?: Schema }
  readonly subresources?: DefinitionSubresources
  readonly additionalPrinterColumns?: readonly PrinterColumn[]
  readonly selectableFields?: readonly { readonly jsonPath: string }[]
}

export interface DefinitionSubresources {
  readonly status?: Readonly<Record<string, never>>
  readonly scale?: ScalePaths
}

/** Where the numbers stand that the scale subresource shows: `.spec.replicas`. */
export interface ScalePaths {
  readonly specReplicasPath: string
  readonly statusReplicasPath: string
  readonly labelSelectorPath?: string
}

export interface DefinitionConversion {
  readonly strategy: 'None' | 'Webhook'
  readonly webhook?: {
    readonly clientConfig?: WebhookClientConfig
    readonly conversionReviewVersions?: readonly string[]
  }
}

export interface WebhookClientConfig {
  readonly url?: string
  readonly service?: {
    readonly namespace: string
    readonly name: string
    readonly path?: string
    readonly port?: number
  }
  /** Base64 of PEM. */
  readonly caBundle?: string
}

export interface DefinitionStatus {
  conditions: DefinitionCondition[] | null
  acceptedNames: DefinitionNames
  storedVersions: string[]
}

export interface DefinitionCondition {
  type:
    | 'NamesAccepted'
    | 'Established'
    | 'Terminating'
    | 'KubernetesAPIApprovalPolicyConformant'
    | 'NonStructuralSchema'
  status: 'True' | 'False' | 'Unknown'
  /** RFC 3339 */
  lastTransitionTime: string
  reason: string
  message: string
}

export const DEFINITION_STORAGE = 'apiextensions.k8s.io/customresourcedefinitions'
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io'

export function findCondition(
  definition: Definition,
  type: DefinitionCondition['type'],
): DefinitionCondition | undefined {
  return definition.status.conditions?.find((condition) => condition.type === type)
}

export function isConditionTrue(definition: Definition, type: DefinitionCondition['type']): boolean {
  return findCondition(definition, type)?.status === 'True'
}

/** Its time changes with its status alone. */
export function setCondition(
  definition: Definition,
  condition: Omit<DefinitionCondition, 'lastTransitionTime'>,
  now: Date,
): void {
  const lastTransitionTime = rfc3339(now.getTime())
  const known = findCondition(definition, condition.type)
  if (known === undefined) {
    definition.status.conditions = [...(definition.status.conditions ?? []), { lastTransitionTime, ...condition }]
    return
  }
  if (known.status !== condition.status) known.lastTransitionTime = lastTransitionTime
  Object.assign(known, condition)
}

/** The schema of a version; none: nothing is known of its fields. */
export function schemaOfVersion(version: DefinitionVersion): Schema {
  return version.schema?.openAPIV3Schema ?? {}
}

export function storageVersionOf({ versions }: DefinitionSpec): string {
  return versions.find(({ storage }) => storage)?.name ?? ''
}

/** A value at a simple path: `.spec.replicas`. */
export function valueAt(object: unknown, path: string): JsonValue | undefined {
  let value: unknown = object
  for (const key of path.replace(/^\./, '').split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value as JsonValue
}
