/**
 * The entry of what runs inside the sandbox before the handler: it adds the web's globals, and turns what the host says
 * into calls of the handler. `deliver` is all that the outside sees of it.
 */
import { expectBundle } from './bundle.ts'
import { installGlobals } from './globals.ts'
import { settleHostCall } from './host-call.ts'
import { log } from './log.ts'
import { abortCall, startCall } from './run-call.ts'
import { installStackTrace } from './stack-trace.ts'
import { setMaxTextBytes } from './text-limit.ts'
import { describeThrown } from './thrown.ts'
import { fireTimer } from './timers.ts'

installStackTrace()
installGlobals()

/**
 * kinds: `load` (id: bytes of the largest text, text: file name of the bundle that the next script is) · `call` · `reply` ·
 *        `abort` · `timer`. Never throws: what goes wrong in here is logged.
 */
export function deliver(kind: string, id: number, text: string): void {
  try {
    if (kind === 'call') startCall(id, text)
    else if (kind === 'reply') settleHostCall(id, text)
    else if (kind === 'timer') fireTimer(id)
    else if (kind === 'abort') abortCall(id, text)
    else if (kind === 'load') {
      setMaxTextBytes(id)
      expectBundle(text)
    }
  } catch (error) {
    log(0, 'error', `Cannot handle "${kind}" inside the sandbox: ${describeThrown(error).message}`)
  }
}
