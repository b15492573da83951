import type { Environment } from '@marcbachmann/cel-js'
import { createEnvironment } from '../../schema/cel/environment.ts'

/** Fields and their types; those of a nested object have a type of their own. */
interface FieldTypes {
  readonly [field: string]: string | FieldTypes
}

export interface AdmissionVariables {
  /** Of a policy that has a paramKind. */
  readonly hasParams?: boolean
  /** Not in messages. */
  readonly hasAuthorizer?: boolean
  /** Types of a policy's own variables; undefined: it may not name any here. */
  readonly variables?: Readonly<Record<string, string>> | undefined
}

const KIND = { group: 'string', version: 'string', kind: 'string' }
const RESOURCE = { group: 'string', version: 'string', resource: 'string' }
/** source: apiserver plugin/cel/compile.go */
const REQUEST: FieldTypes = {
  ...{ kind: KIND, resource: RESOURCE, subResource: 'string' },
  ...{ requestKind: KIND, requestResource: RESOURCE, requestSubResource: 'string' },
  ...{ name: 'string', namespace: 'string', operation: 'string', dryRun: 'bool', options: 'dyn' },
  userInfo: { username: 'string', uid: 'string', groups: 'list<string>', extra: 'map<string, list<string>>' },
}

/**
 * What expressions in admission may name: `object`, `oldObject`, `request`, `namespaceObject`, and what is asked for.
 * differs: namespaceObject may have any fields, as one of a type cannot be compared with null
 */
export function createAdmissionEnvironment(asked: AdmissionVariables): Environment {
  base ??= createBase()
  const environment = base.clone()
  if (asked.hasParams === true) environment.registerVariable('params', 'dyn')
  if (asked.hasAuthorizer === true) environment.registerVariable('authorizer', 'dyn')
  if (asked.variables !== undefined) environment.registerVariable('variables', { schema: asked.variables })
  return environment
}

/** Made once, so that the request is of one type in all of them: a variable may hand it on. */
let base: Environment | undefined

function createBase(): Environment {
  const environment = createEnvironment()
  for (const name of ['object', 'oldObject', 'namespaceObject']) environment.registerVariable(name, 'dyn')
  return environment.registerVariable('request', { schema: REQUEST })
}

/** As expressions see it: JSON's whole numbers are CEL's integers. */
export function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(celValue)
  if (typeof value !== 'object' || value === null) return value ?? null
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, celValue(each)]))
}
