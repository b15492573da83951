import type { JsonObject, ManagedFieldsEntry } from '../json.ts'
import { type FieldSet, readFieldsV1, writeFieldsV1 } from './field-set.ts'
import { compareText } from './value.ts'

/** What one manager owns, in the fields of one version. */
export interface Ownership {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string
  readonly set: FieldSet
  /** RFC 3339; undefined where it was never written. */
  readonly time: string | undefined
}

/** By managerId(): one applies for all versions, updates count by version. */
export type Managers = ReadonlyMap<string, Ownership>

export function managerId({
  manager,
  operation,
  apiVersion,
  subresource,
}: Pick<Ownership, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  return JSON.stringify([manager, operation, operation === 'Apply' ? '' : apiVersion, subresource])
}

/**
 * errors: Error where an entry is not as the API has it
 * source: apimachinery pkg/util/managedfields/internal/managedfields.go
 */
export function readManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  const managers = new Map<string, Ownership>()
  for (const [index, entry] of (entries ?? []).entries()) {
    const { manager = '', operation, apiVersion = '', fieldsType = '', subresource = '', fieldsV1 = {}, time } = entry
    if (operation !== 'Apply' && operation !== 'Update') throw new Error('operation must be `Apply` or `Update`')
    if (apiVersion === '') throw new Error('apiVersion must not be empty')
    if ((fieldsType as string) === '') throw new Error(`missing fieldsType in managed fields entry ${index}`)
    if (fieldsType !== 'FieldsV1')
      throw new Error(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`)
    const ownership = { manager, operation, apiVersion, subresource, set: readFieldsV1(fieldsV1), time }
    managers.set(managerId(ownership), ownership)
  }
  return managers
}

/** Applies before updates, older before newer; undefined where nobody owns anything. */
export function writeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined
  return [...managers.values()].sort(compareOwnerships).map(writeOwnership)
}

function writeOwnership({ manager, operation, apiVersion, subresource, set, time }: Ownership): ManagedFieldsEntry {
  const fieldsV1: JsonObject = writeFieldsV1(set)
  return {
    ...(manager !== '' && { manager }),
    operation,
    apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...(subresource !== '' && { subresource }),
  }
}

function compareOwnerships(a: Ownership, b: Ownership): number {
  return (
    compareText(a.operation, b.operation) ||
    secondsOf(a) - secondsOf(b) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  )
}

export function secondsOf({ time }: Pick<Ownership, 'time'>): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000)
}
