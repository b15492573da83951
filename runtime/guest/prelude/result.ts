import { defineOwn, isFiniteNumber, PrimordialError, stringifyJson, testRegExp } from './primordials.ts'
import { maxTextBytes } from './text-limit.ts'
import { describeThrown } from './thrown.ts'
import { fitsUtf8 } from './utf8.ts'

/** `{"ok":…}`, or `{}` when the handler returned nothing. Throws RESULT_INVALID, with what is wrong, for all that is not JSON. */
export function resultText(value: unknown): string {
  if (value === undefined) return '{}'
  const json = toJson(value)
  if (!fitsUtf8(json, maxTextBytes() - 16)) throw resultInvalid(`it takes more than ${maxTextBytes()} bytes`)
  return `{"ok":${json}}`
}

function toJson(value: unknown): string {
  let refused: Error | undefined
  const assertJson = (key: string, item: unknown): unknown => {
    const problem = problemOf(item)
    if (problem === undefined) return item
    refused = resultInvalid(key === '' ? `it is ${problem}` : `"${key}" is ${problem}`)
    throw refused
  }
  try {
    return stringifyJson(value, assertJson)
  } catch (error) {
    throw refused ?? resultInvalid(reasonOf(error))
  }
}

/** JSON.stringify drops functions and symbols and turns NaN into null, which would delete a status key without a word. */
function problemOf(value: unknown): string | undefined {
  const type = typeof value
  if (type === 'function' || type === 'symbol') return `a ${type}`
  if (type === 'bigint') return 'a BigInt'
  return type === 'number' && !isFiniteNumber(value) ? `${value}` : undefined
}

/** What getters, toJSON or the engine threw. */
function reasonOf(error: unknown): string {
  const { name, message } = describeThrown(error)
  if (name === 'TypeError' && testRegExp(/^Converting circular structure/, message) !== null)
    return 'it refers to itself'
  if (name === 'RangeError' && testRegExp(/call stack/, message) !== null) return 'it is nested too deeply'
  return `reading it threw ${name}: ${message}`
}

function resultInvalid(why: string): Error {
  const error = new PrimordialError(`The result is not JSON: ${why}`)
  defineOwn(error, 'name', 'RuntimeError')
  defineOwn(error, 'code', 'RESULT_INVALID')
  return error
}
