import type { ApiObject, JsonObject } from '../../json.ts'
import { badRequest } from '../../status.ts'
import { CORE_DEFAULTS } from './defaults/core-defaults.ts'
import { OTHER_DEFAULTS } from './defaults/other-defaults.ts'
import { POD_DEFAULTS } from './defaults/pod-defaults.ts'
import { WORKLOAD_DEFAULTS } from './defaults/workload-defaults.ts'
import { GoDecodeError, isGoType, shapeAsGo, visitStructs } from './go-shape.ts'
import { jsonOf } from './json-parts.ts'
import type { TypeDefaults } from './type-defaults.ts'

const DEFAULTS: TypeDefaults = { ...POD_DEFAULTS, ...CORE_DEFAULTS, ...WORKLOAD_DEFAULTS, ...OTHER_DEFAULTS }

/** `apps` and `v1` with `Deployment` → `apps/v1.Deployment`; the folders of k8s.io/api are named without the domain. */
function goTypeOf(group: string, version: string, kind: string): string {
  const folder = group === '' ? 'core' : (group.split('.')[0] as string)
  return `${FOLDERS[group] ?? folder}/${version}.${kind}`
}

const FOLDERS: Readonly<Record<string, string>> = { 'flowcontrol.apiserver.k8s.io': 'flowcontrol' }

/**
 * Brings an object into the form in which the API stores it, defaults filled in. Does nothing the second time.
 * errors: ApiError 400 with the words of Go's decoder, where a field has the wrong type
 */
export function applyBuiltInDefaults(object: ApiObject): void {
  const type = goTypeOfObject(object)
  if (!isGoType(type)) return
  const shaped = shapeOrRefuse(object, type)
  visitStructs(type, shaped as never, (each, value) => DEFAULTS[each]?.(value))
  replaceContent(object, shaped)
}

/** After a part was replaced: zero values where Go has them. */
export function reshape(object: ApiObject): void {
  const type = goTypeOfObject(object)
  if (isGoType(type)) replaceContent(object, shapeAsGo(type, jsonOf(object)))
}

/** Go's empty struct of the kind, as JSON; undefined where the type is not known. */
export function emptyObject(group: string, version: string, kind: string): JsonObject | undefined {
  const type = goTypeOf(group, version, kind)
  return isGoType(type) ? shapeAsGo(type, {}) : undefined
}

function goTypeOfObject({ apiVersion, kind }: ApiObject): string {
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  return goTypeOf(group, version, kind)
}

function shapeOrRefuse(object: ApiObject, type: string): object {
  try {
    return shapeAsGo(type, jsonOf(object))
  } catch (error) {
    if (!(error instanceof GoDecodeError)) throw error
    const version = object.apiVersion.split('/').at(-1)
    const { kind } = object
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${error.message}`)
  }
}

function replaceContent(object: ApiObject, content: object): void {
  const target = jsonOf(object)
  const { metadata } = object
  for (const key of Object.keys(target)) if (!Object.hasOwn(content, key)) delete target[key]
  // Metadata stays the same object, for whoever holds it, and is there even where Go has nothing to write.
  const shaped = (content as Partial<ApiObject>).metadata ?? {}
  for (const key of Object.keys(metadata)) if (!(key in shaped)) delete jsonOf(metadata)[key]
  Object.assign(target, content, { metadata: Object.assign(metadata, shaped) })
}
