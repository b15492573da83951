import type { Call } from './call.ts'
import { send } from './outer.ts'
import {
  defineOwn,
  own,
  PrimordialError,
  PrimordialPromise,
  PrimordialRangeError,
  parseJson,
  SafeMap,
  stringifyJson,
} from './primordials.ts'
import { maxTextBytes } from './text-limit.ts'
import { fitsUtf8 } from './utf8.ts'

/** Host calls under way in one guest; the host refuses more. */
const MAX_IN_FLIGHT = 256
/** Those that wait for their turn; one more is refused. */
const MAX_WAITING = 10_000

interface HostCall {
  readonly call: Call
  readonly text: string
  /** Made where the handler called, so that its stack shows that line; filled in when the host refuses. */
  readonly error: Error
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
}

const waiting: Map<number, HostCall> = new SafeMap<number, HostCall>()
const inFlight: Map<number, HostCall> = new SafeMap<number, HostCall>()
let lastId = 0
/** Ids from here to `lastId` may be in `waiting`. */
let nextId = 1

/**
 * Asks the host for `method`; resolves with its answer, parsed.
 * errors: what the host says, as an Error with `name`, `message`, `code`, `reason`, `details`; the signal's reason once the
 *         call was aborted; a RangeError beyond a limit. Left pending when the call settles first: nobody waits any more
 */
export function hostCall(call: Call, method: string, args: readonly unknown[]): Promise<unknown> {
  const error = new PrimordialError(`${method} was refused`)
  return new PrimordialPromise((resolve, reject) => {
    if (call.settled) throw new PrimordialError(`Cannot ${method}: the call has ended already`)
    if (call.controller.signal.aborted) throw call.controller.signal.reason
    if (waiting.size >= MAX_WAITING)
      throw new PrimordialRangeError(`Cannot ${method}: ${MAX_WAITING} calls wait already`)
    const text = `{"call":${call.id},"method":"${method}","args":${argsText(args)}}`
    if (!fitsUtf8(text, maxTextBytes()))
      throw new PrimordialRangeError(`Cannot ${method}: more than ${maxTextBytes()} bytes`)
    waiting.set(++lastId, { call, text, error, resolve, reject })
    call.openHostCalls++
    pump()
  })
}

/** `{"ok":value}` or `{"error":{name,message,code?,reason?,details?}}` from the host. */
export function settleHostCall(id: number, text: string): void {
  const hostCall = inFlight.get(id)
  if (hostCall === undefined) return
  inFlight.delete(id)
  hostCall.call.openHostCalls--
  pump()
  const reply = parseJson(text) as unknown
  const refusal = own(reply, 'error')
  if (own(refusal, 'code') === 409) hostCall.call.hadConflict = true
  if (refusal === undefined) hostCall.resolve(own(reply, 'ok'))
  else hostCall.reject(fill(hostCall.error, refusal))
}

/** Lets go of what a call still asks of the host; with `reason` its promises reject, else nobody waits for them. */
export function dropHostCalls(call: Call, reason?: unknown): void {
  if (call.openHostCalls === 0) return
  const drop = (hostCall: HostCall, id: number, from: Map<number, HostCall>) => {
    if (hostCall.call !== call) return
    from.delete(id)
    if (reason !== undefined) hostCall.reject(reason)
  }
  waiting.forEach(drop)
  inFlight.forEach(drop)
  call.openHostCalls = 0
  pump()
}

function pump(): void {
  while (inFlight.size < MAX_IN_FLIGHT && nextId <= lastId) {
    const id = nextId++
    const next = waiting.get(id)
    if (next === undefined) continue
    waiting.delete(id)
    inFlight.set(id, next)
    send('hostCall', id, next.text)
  }
}

/** Trailing arguments that are undefined are left out; others become null, as JSON has it. */
function argsText(args: readonly unknown[]): string {
  let last = args.length
  while (last > 0 && args[last - 1] === undefined) last--
  let text = ''
  for (let i = 0; i < last; i++) text += `${i === 0 ? '' : ','}${stringifyJson(args[i]) ?? 'null'}`
  return `[${text}]`
}

function fill(error: Error, refusal: unknown): Error {
  const fields = ['name', 'message', 'code', 'reason', 'details'] as const
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as string
    const value = own(refusal, field)
    if (value !== undefined) defineOwn(error, field, value)
  }
  return error
}
