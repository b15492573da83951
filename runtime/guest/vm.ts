import { randomBytes, randomUUID } from 'node:crypto'
import { VM, type VMOptions } from 'vm2'
import { urlParts } from './url-parts.ts'

/**
 * The one function that the sandbox can call: strings and numbers in, a string or a number back.
 * `send` (id, text `type\npayload`) · `setTimeout` (id, text: milliseconds; again with the same id: armed anew) ·
 * `clearTimeout` (id). What needs nobody else (`url`, `random`, `uuid`, `now`) is answered in here.
 * It may not throw: an error of the outside must not cross.
 */
export type Outer = (op: string, id: number, text: string) => string | number

/** What is said to the sandbox: `call`, `reply` and `abort` as the frames of these names, `timer` when one is due. */
export type Deliver = (kind: 'call' | 'reply' | 'abort' | 'timer', id: number, text: string) => void

export interface SandboxVmOptions {
  readonly outer: Outer
  /** Source of the prelude: an expression whose value is its `deliver` (sandbox/guest-bundle.ts makes it). */
  readonly prelude: string
}

export interface SandboxVm {
  deliver: Deliver
  /**
   * Evaluates a bundle (CommonJS, ES2022, not minified) and answers with the text of `loaded`:
   * `{exports: {name: typeof}}` or `{error: {name, message, stack}}`. `fileName` is what stacks show; it must look relative
   * (`mydemo.js`), as vm2 blanks absolute and `node:` frames. `maxTextBytes` bounds each text that the sandbox sends.
   */
  load(code: string, fileName: string, maxTextBytes?: number): string
}

/** For the synchronous part of a script; calls are bounded from outside the process. */
const RUN_TIMEOUT_MS = 2_000
/** A larger single allocation is refused: vm2's timeout cannot interrupt it. */
const MAX_BUFFER_BYTES = 1 << 20
const PRELUDE_FILE = 'ostler:prelude'

/** Makes the sandbox: vm2 with nothing but the prelude in it. Only strings and numbers ever cross. */
export function createVm({ outer, prelude }: SandboxVmOptions): SandboxVm {
  const options: VMOptions & { bufferAllocLimit: number } = {
    eval: false,
    wasm: false,
    allowAsync: true,
    bufferAllocLimit: MAX_BUFFER_BYTES,
    timeout: RUN_TIMEOUT_MS,
    sandbox: { __ostler: guarded(outer) },
  }
  const vm = new VM(options)
  const deliver = vm.run(prelude, PRELUDE_FILE) as (kind: string, id: number, text: string) => void
  return {
    deliver: (kind, id, text) => deliver(kind, id, text),
    load(code, fileName, maxTextBytes = 0) {
      deliver('load', maxTextBytes, fileName)
      try {
        return String(vm.run(wrapBundle(code), fileName))
      } catch (error) {
        return JSON.stringify({ error: loadError(error, fileName) })
      }
    },
  }
}

/** Calls the prelude's hook with the bundle as a function, on the bundle's own first line: line numbers stay. */
function wrapBundle(code: string): string {
  return `__ostlerLoad(function (module, exports, require) {${code}\n})`
}

/** Answers what needs nobody else; arguments are checked, as the sandbox may pass anything. */
function guarded(outer: Outer): Outer {
  return (op, id, text) => {
    if (typeof op !== 'string' || typeof id !== 'number' || typeof text !== 'string') return ''
    try {
      return answer(op, text) ?? outer(op, id, text)
    } catch {
      return ''
    }
  }
}

function answer(op: string, text: string): string | number | undefined {
  switch (op) {
    case 'url':
      return urlParts(text)
    case 'random':
      return randomBytes(Math.min(Number(text), 65_536)).toString('hex')
    case 'uuid':
      return randomUUID()
    case 'now':
      return performance.now()
    default:
      return undefined
  }
}

/** What never reached the prelude: a syntax that vm2 does not take, or a script that did not end. */
function loadError(error: unknown, fileName: string): { name: string; message: string; stack: string } {
  const { name, message, stack } = error as Error
  const timedOut = message.startsWith('Script execution timed out')
  const text = timedOut ? `The handler did not finish loading within ${RUN_TIMEOUT_MS} ms` : message
  const line = stack?.startsWith(`${fileName}:`) ? stack.slice(0, stack.indexOf('\n')) : undefined
  return { name, message: text, stack: `${name}: ${text}${line === undefined ? '' : `\n    at ${line}:1`}` }
}
