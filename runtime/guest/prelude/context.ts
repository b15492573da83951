import type { Call } from './call.ts'
import { setCondition } from './conditions.ts'
import { hostCall } from './host-call.ts'
import { type LogLevel, log } from './log.ts'
import { freeze, own } from './primordials.ts'
import { retryOnConflict } from './retry-on-conflict.ts'

/** What a handler gets as its `context` (see runtime/index.ts): the fields that the host sent, and calls to the host. */
export function createContext(call: Call, fields: unknown): object {
  const ask =
    (method: string) =>
    (...args: unknown[]) =>
      hostCall(call, method, args)
  return freeze({
    key: freeze(own(fields, 'key')),
    attempt: own(fields, 'attempt'),
    reason: own(fields, 'reason'),
    with: own(fields, 'with'),
    signal: call.controller.signal,
    log: createLog(call),
    get: (kind: unknown, ref: unknown, options?: object) =>
      hostCall(call, 'get', [kind, ref, liveOptions(call, options)]),
    list: (kind: unknown, options?: object) => hostCall(call, 'list', [kind, liveOptions(call, options)]),
    create: ask('create'),
    update: ask('update'),
    patch: ask('patch'),
    apply: ask('apply'),
    delete: ask('delete'),
    event: ask('event'),
    condition: (type: unknown, status: unknown, reason: unknown, message: unknown) =>
      setCondition(call, type, status, reason, message),
    discover: ask('discover'),
    raw: ask('raw'),
    retryOnConflict: (attempt: () => Promise<unknown>, options?: { attempts?: number }) =>
      retryOnConflict(call, attempt, options),
  })
}

/** Inside retryOnConflict and after any 409 of this call, reads are live: the cache is what led to the conflict. */
function liveOptions(call: Call, options: object | undefined): object | undefined {
  return call.liveReads > 0 || call.hadConflict ? { ...options, live: true } : options
}

function createLog(call: Call): object {
  const at = (level: LogLevel) => (message: unknown, fields?: unknown) => log(call.id, level, message, fields)
  return freeze({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') })
}
