import { AbortController } from './abort.ts'
import { exportedFunction } from './bundle.ts'
import { type Call, calls } from './call.ts'
import { withConditions } from './conditions.ts'
import { createContext } from './context.ts'
import { DOMException } from './dom-exception.ts'
import { dropHostCalls } from './host-call.ts'
import { send } from './outer.ts'
import { apply, defineOwn, own, parseJson, SafeMap } from './primordials.ts'
import { resultText } from './result.ts'
import { thrownText } from './thrown.ts'

/**
 * Runs one call of the host to its end, which is always one `settled` frame.
 * text: `{"export":"reconcile","args":[…],"context":{key,attempt,reason,with}}`
 */
export function startCall(id: number, text: string): void {
  const payload = parseJson(text) as unknown
  const call: Call = {
    id,
    controller: new AbortController(),
    exportName: own(payload, 'export') as string,
    conditions: new SafeMap(),
    liveReads: 0,
    hadConflict: false,
    openHostCalls: 0,
    settled: false,
  }
  calls.set(id, call)
  void run(call, payload)
}

/** Aborts `context.signal`; what the call asks of the host rejects with the same reason, so that it can come to an end. */
export function abortCall(id: number, reason: string): void {
  const call = calls.get(id)
  if (call === undefined) return
  call.controller.abort(new DOMException(reason || 'The call was aborted', 'AbortError'))
  dropHostCalls(call, call.controller.signal.reason)
}

async function run(call: Call, payload: unknown): Promise<void> {
  let settled: string
  try {
    settled = withConditions(call, resultText(await invoke(call, payload)))
  } catch (error) {
    settled = thrownText(error)
  }
  call.settled = true
  calls.delete(call.id)
  dropHostCalls(call)
  send('settled', call.id, settled)
}

/** JSON has no undefined: an argument that is absent comes as null, which no object is. */
function invoke(call: Call, payload: unknown): unknown {
  const args = own(payload, 'args') as unknown[]
  for (let i = 0; i < args.length; i++) if (args[i] === null) defineOwn(args, i, undefined)
  const context = createContext(call, own(payload, 'context'))
  defineOwn(args, args.length, context)
  return apply(exportedFunction(call.exportName), undefined, args)
}
