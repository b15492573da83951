import { AbortController, AbortSignal } from './abort.ts'
import { atob, btoa } from './base64.ts'
import { console } from './console.ts'
import { crypto } from './crypto.ts'
import { DOMException } from './dom-exception.ts'
import { CustomEvent, Event, EventTarget } from './event-target.ts'
import { performance } from './performance.ts'
import { structuredClone } from './structured-clone.ts'
import { TextDecoder, TextEncoder } from './text-encoding.ts'
import { clearInterval, clearTimeout, queueMicrotask, setInterval, setTimeout } from './timers.ts'
import { URL } from './url.ts'
import { URLSearchParams } from './url-search-params.ts'

/** The web-standard globals that the language itself does not bring. */
const GLOBALS = {
  AbortController,
  AbortSignal,
  CustomEvent,
  DOMException,
  Event,
  EventTarget,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  atob,
  btoa,
  clearInterval,
  clearTimeout,
  console,
  crypto,
  performance,
  queueMicrotask,
  setInterval,
  setTimeout,
  structuredClone,
}

/** Adds them to the sandbox, and takes away Buffer: its fills cost about 1 µs a byte and no timeout stops them. */
export function installGlobals(): void {
  for (const [name, value] of Object.entries(GLOBALS)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false })
    if (typeof value === 'function') nameClass(name, value as { prototype?: object })
  }
  const scope = globalThis as { Buffer?: unknown }
  delete scope.Buffer
}

/** The name that the bundler may have changed, and the tag by which packages tell these classes from others. */
function nameClass(name: string, value: { prototype?: object }): void {
  Object.defineProperty(value, 'name', { value: name, configurable: true })
  if (value.prototype !== undefined)
    Object.defineProperty(value.prototype, Symbol.toStringTag, { value: name, configurable: true })
}
