import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { validateObjectMeta } from '../../../runtime/apiserver/kinds/strategies/object-meta.ts'
import { strategyOf } from '../../../runtime/apiserver/kinds/strategies/strategy-of.ts'
import { ApiError, invalid } from '../../../runtime/apiserver/status.ts'
import { maskVolatile } from './ask-real-server.ts'
import type { Sample } from './samples.ts'

/** What the strategies make of a sample, in the order of a create: the object, or the Status that refuses it. */
export function createLocally({ object: sample }: Sample): unknown {
  const object = structuredClone(sample) as unknown as ApiObject
  try {
    create(object)
  } catch (error) {
    if (error instanceof ApiError) return maskVolatile(error.status as unknown as Record<string, unknown>)
    throw error
  }
  return maskVolatile(object)
}

function create(object: ApiObject): void {
  const group = object.apiVersion.includes('/') ? (object.apiVersion.split('/')[0] as string) : ''
  const strategy = strategyOf(group, object.kind)
  strategy.applyDefaults?.(object)
  object.metadata.uid = 'UID'
  if (strategy.hasGeneration) object.metadata.generation = 1
  strategy.prepareForCreate?.(object, 0)
  const errors = [
    ...validateObjectMeta(object, {
      namespaced: object.metadata.namespace !== undefined,
      nameRule: strategy.nameRule,
      takesPlainFinalizers: strategy.takesPlainFinalizers ?? false,
    }),
    ...(strategy.validate?.(object) ?? []),
  ]
  if (errors.length > 0) throw invalid({ group, kind: object.kind }, object.metadata.name ?? '', errors)
}
