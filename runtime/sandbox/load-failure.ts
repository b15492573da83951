import { RuntimeError } from '../errors.ts'
import type { Bundle } from './bundle.ts'
import type { GuestError } from './call.ts'
import type { Death } from './death.ts'
import { mapStack, placeOf } from './source-map.ts'

/** A bundle that threw while it was evaluated; the fault's place is the TypeScript line that threw. */
export function loadFailed(bundle: Bundle, { name, message, stack }: GuestError): RuntimeError {
  const text = `${name}: ${message}`
  const place = placeOf(stack, bundle) ?? { file: bundle.file, line: 1, column: 1 }
  return new RuntimeError('HANDLER_LOAD_FAILED', `Cannot load handler "${bundle.file}": ${text}`, {
    cause: mapStack(stack, bundle),
    faults: [{ ...place, message: text }],
  })
}

/** A bundle whose guest ended while it was evaluated. */
export function loadDied(bundle: Bundle, death: Death): RuntimeError {
  const message = `Its process ended: ${death.message}`
  return new RuntimeError('HANDLER_LOAD_FAILED', `Cannot load handler "${bundle.file}": ${message}`, {
    faults: [{ file: bundle.file, line: 1, column: 1, message }],
  })
}
