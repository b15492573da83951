import { soleCall } from './call.ts'
import { inspect } from './inspect.ts'
import { send } from './outer.ts'
import { isArray, PrimordialError, PrimordialString, stringifyJson } from './primordials.ts'
import { cutUtf8, fitsUtf8 } from './utf8.ts'

/** One line, message and fields together. */
const MAX_LOG_BYTES = 8 * 1024

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Sends one log line; what goes beyond MAX_LOG_BYTES is cut, with a note. */
export function log(callId: number, level: LogLevel, message: unknown, fields?: unknown): void {
  const text = cutUtf8(typeof message === 'string' ? message : inspect(message), MAX_LOG_BYTES, '… (cut at 8 KiB)')
  const json = stringifyJson(text)
  let tail = ''
  if (fields !== undefined) {
    const fieldsJson = fieldsText(fields)
    const fits = fitsUtf8(json + fieldsJson, MAX_LOG_BYTES)
    tail = `,"fields":${fits ? fieldsJson : '{"cut":"the fields were larger than 8 KiB with the message"}'}`
  }
  send('log', callId, `{"level":"${level}","message":${json}${tail}}`)
}

/** For what no call waits for: timers, listeners, microtasks. */
export function logUncaught(where: string, error: unknown): void {
  log(soleCall(), 'error', `Uncaught in ${where}: ${inspect(error)}`)
}

function fieldsText(fields: unknown): string {
  try {
    const object = typeof fields === 'object' && fields !== null && !isArray(fields) ? fields : { value: fields }
    return stringifyJson(object, loggable)
  } catch {
    return `{"fields":${stringifyJson(cutUtf8(inspect(fields), MAX_LOG_BYTES))}}`
  }
}

/** JSON for what has none: errors and big integers are what people log. */
function loggable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return PrimordialString(value)
  if (value instanceof PrimordialError) return PrimordialString(value.stack)
  return value
}
