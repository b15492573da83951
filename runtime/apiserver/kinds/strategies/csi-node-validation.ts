import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { checkNotNegative, checkRequired, duplicate, IMMUTABLE, invalidValue, required } from './field-errors.ts'
import { eachObject, isSame, jsonOf, objectIn, objectsIn, textIn, textsIn } from './json-parts.ts'
import { checkName, qualifiedName } from './names.ts'
import { checkCsiDriverName } from './pod/volume-sources.ts'

const MAX_NODE_ID = 256

/** source: kubernetes pkg/apis/storage/validation, ValidateCSINode */
export function validateCsiNode(node: ApiObject): FieldError[] {
  const names = new Set<string>()
  return eachObject(objectIn(jsonOf(node), 'spec'), 'drivers', 'spec', (driver, at) => {
    const name = textIn(driver, 'name')
    const isTwice = names.has(name)
    names.add(name)
    return [
      ...checkCsiDriverName(name, `${at}.name`),
      ...checkNodeId(driver, at),
      ...checkNotNegative(objectIn(driver, 'allocatable').count, `${at}.allocatable.count`),
      ...(isTwice ? [duplicate(`${at}.name`, name)] : []),
      ...checkTopologyKeys(textsIn(driver, 'topologyKeys'), at),
    ]
  })
}

/** Of a driver that is there, only how many volumes it takes may change. */
export function validateCsiNodeUpdate(node: ApiObject, old: ApiObject): FieldError[] {
  const drivers = (object: ApiObject) =>
    objectsIn(objectIn(jsonOf(object), 'spec'), 'drivers').map(({ allocatable: _, ...driver }): JsonObject => driver)
  const changed = drivers(old).flatMap((before) =>
    drivers(node).filter((driver) => driver.name === before.name && !isSame(driver, before)),
  )
  return [
    ...validateCsiNode(node),
    ...changed.map((driver) => invalidValue('spec.drivers', internalDriver(driver), IMMUTABLE)),
  ]
}

/** As kube-apiserver has it in memory, and shows it. */
function internalDriver(driver: JsonObject): JsonObject {
  const { name = '', nodeID = '', topologyKeys = null } = driver
  return { Name: name, NodeID: nodeID, TopologyKeys: topologyKeys, Allocatable: null }
}

function checkNodeId(driver: JsonObject, field: string): FieldError[] {
  const id = textIn(driver, 'nodeID')
  return [
    ...checkRequired(driver, field, ['nodeID']),
    ...(id.length > MAX_NODE_ID
      ? [invalidValue(`${field}.nodeID`, id, `must be ${MAX_NODE_ID} characters or less`)]
      : []),
  ]
}

/** Which of the keys is wrong is not said. */
function checkTopologyKeys(keys: readonly string[], field: string): FieldError[] {
  return keys.flatMap((key, index) => [
    ...(key === '' ? [required(field)] : []),
    ...(keys.indexOf(key) < index ? [duplicate(field, key)] : []),
    ...checkName(key, field, qualifiedName),
  ])
}
