import type { Call } from './call.ts'
import { log } from './log.ts'
import { createObject, defineOwn, isArray, own, PrimordialTypeError, parseJson, stringifyJson } from './primordials.ts'

/** A condition as a status has it, but for what the host adds to it. */
export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** More are a mistake: each call of another type would make the status grow. */
const MAX_CONDITIONS = 64

/** condition(type, status, reason, message): kept until the call returns; of one type the last one counts. */
export function setCondition(call: Call, type: unknown, status: unknown, reason: unknown, message: unknown): void {
  if (call.exportName === 'deleted') {
    return log(call.id, 'warn', 'condition() has no effect in "deleted": there is no object left to bear it')
  }
  if (typeof type !== 'string' || type === '') throw new PrimordialTypeError('condition() needs a type')
  if (status !== 'True' && status !== 'False' && status !== 'Unknown') {
    throw new PrimordialTypeError(`condition(): the status of "${type}" must be 'True', 'False' or 'Unknown'`)
  }
  if (typeof reason !== 'string' || typeof message !== 'string') {
    throw new PrimordialTypeError(`condition(): "${type}" needs a reason and a message`)
  }
  if (!call.conditions.has(type) && call.conditions.size >= MAX_CONDITIONS) {
    throw new PrimordialTypeError(`condition(): more than ${MAX_CONDITIONS} types in one call`)
  }
  call.conditions.set(type, { type, status, reason, message })
}

/**
 * Puts what was collected behind the conditions of the status that the call returned, where the host merges by type.
 * text: `{"ok":…}` or `{}`. A result of another shape is left to the host to refuse.
 */
export function withConditions(call: Call, text: string): string {
  if (call.conditions.size === 0) return text
  const ok = own(parseJson(text), 'ok') ?? createObject(null)
  if (!isMap(ok)) return text
  const status = own(ok, 'status') ?? createObject(null)
  if (!isMap(status)) return text
  const returned = own(status, 'conditions')
  if (returned !== undefined && returned !== null && !isArray(returned)) return text
  const conditions = isArray(returned) ? returned : []
  call.conditions.forEach((condition) => {
    defineOwn(conditions, conditions.length, condition)
  })
  defineOwn(status, 'conditions', conditions)
  defineOwn(ok, 'status', status)
  return `{"ok":${stringifyJson(ok)}}`
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !isArray(value)
}
