/**
 * What the prelude needs of the language, kept as it was before any handler code ran: a handler that replaces
 * `JSON.stringify`, `Array.prototype.push` or `Map` harms itself, not the machinery that its other calls go through.
 * The files that serve every call (calls, host calls, timers, log) use these; the web-standard classes use them where it is cheap.
 */
export const { parse: parseJson, stringify: stringifyJson } = JSON
const { defineProperty, setPrototypeOf } = Object
export const { assign, create: createObject, freeze, getPrototypeOf, hasOwn, keys: keysOf } = Object
export const { isArray } = Array
export const { max, min, random } = Math
export const { isFinite: isFiniteNumber } = Number
export const { fromCharCode } = String
export const { apply } = Reflect
export const PrimordialString = String
export const PrimordialNumber = Number
export const PrimordialError = Error
export const PrimordialTypeError = TypeError
export const PrimordialRangeError = RangeError
export const PrimordialPromise = Promise
export const PrimordialUint8Array = Uint8Array
export const PrimordialDate = Date

const { bind, call } = Function.prototype

/** Turns a method into a function of its `this`, free of any later change to the prototype. */
const uncurryThis = bind.bind(call) as <T, A extends unknown[], R>(
  method: (this: T, ...args: A) => R,
) => (self: T, ...args: A) => R

export const charCodeAt = uncurryThis(String.prototype.charCodeAt)
export const sliceString = uncurryThis(String.prototype.slice)
export const indexOfString = uncurryThis(String.prototype.indexOf) as (text: string, part: string) => number
export const testRegExp = uncurryThis(RegExp.prototype.exec) as (
  pattern: RegExp,
  text: string,
) => RegExpExecArray | null

/** A Map whose methods stay what they were. It is read by `forEach`: iterators have a prototype that can be changed. */
export class SafeMap<K, V> extends Map<K, V> {}

/** A Set of the same kind. */
export class SafeSet<T> extends Set<T> {}

function harden(derived: { prototype: object }, base: { prototype: object }): void {
  for (const key of Reflect.ownKeys(base.prototype)) {
    const descriptor = Object.getOwnPropertyDescriptor(base.prototype, key)
    if (key !== 'constructor' && descriptor !== undefined) defineProperty(derived.prototype, key, descriptor)
  }
  setPrototypeOf(derived.prototype, null)
  freeze(derived.prototype)
}

harden(SafeMap, Map)
harden(SafeSet, Set)

/** Sets an own property past any setter that a handler put on a prototype. */
export function defineOwn(object: object, key: string | number, value: unknown, enumerable = true): void {
  defineProperty(object, key, { __proto__: null, value, writable: true, enumerable, configurable: true } as never)
}

/** An own property, never one that a handler put on Object.prototype. */
export function own(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null || !hasOwn(object, key)) return undefined
  return (object as Record<string, unknown>)[key]
}
