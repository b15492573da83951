import { build } from 'esbuild'
import { createVm, type Outer } from '../../runtime/guest/vm.ts'
import { buildPrelude } from '../../runtime/sandbox/guest-bundle.ts'

const prelude = await buildPrelude()

export interface GuestError {
  name: string
  message: string
  stack: string
  terminal: boolean
  code?: string | number
  reason?: string
}
export interface Settled {
  ok?: unknown
  error?: GuestError
}
export interface HostCall {
  id: number
  call: number
  method: string
  args: unknown[]
}
export interface LogLine {
  callId: number
  level: string
  message: string
  fields?: Record<string, unknown>
}

/** A sandbox whose outside is scripted by a test: timers are real, host calls wait in `hostCalls` or go to `onHostCall`. */
export interface GuestVm {
  readonly logs: LogLine[]
  readonly hostCalls: HostCall[]
  readonly timers: Map<number, NodeJS.Timeout>
  onHostCall: ((call: HostCall) => unknown) | undefined
  /** Bundles TypeScript and loads it; answers what the guest would send as `loaded`. */
  load(source: string, maxTextBytes?: number): Promise<{ exports?: Record<string, string>; error?: GuestError }>
  /** Loads code as it is. */
  loadCode(code: string): { exports?: Record<string, string>; error?: GuestError }
  /** Starts a call and answers its id and what it settles with. */
  start(name: string, args?: unknown[], context?: object): { id: number; settled: Promise<Settled> }
  call(name: string, args?: unknown[], context?: object): Promise<Settled>
  reply(id: number, answer: object): void
  abort(id: number, reason: string): void
}

export const BUNDLE_FILE = 'handler.js'

export async function bundle(source: string): Promise<string> {
  const built = await build({
    stdin: { contents: source, loader: 'ts', resolveDir: import.meta.dirname, sourcefile: 'handler.ts' },
    bundle: true,
    write: false,
    logLevel: 'silent',
    format: 'cjs',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['browser', 'module', 'main'],
    conditions: ['import', 'default'],
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  return built.outputFiles[0]?.text ?? ''
}

export function createGuestVm(): GuestVm {
  const settling = new Map<number, (settled: Settled) => void>()
  const timers = new Map<number, NodeJS.Timeout>()
  const logs: LogLine[] = []
  const hostCalls: HostCall[] = []
  let lastCall = 0
  const vm = createVm({ prelude, outer })

  const guest: GuestVm = {
    logs,
    hostCalls,
    timers,
    onHostCall: undefined,
    load: async (source, maxTextBytes) => JSON.parse(vm.load(await bundle(source), BUNDLE_FILE, maxTextBytes)),
    loadCode: (code) => JSON.parse(vm.load(code, BUNDLE_FILE)),
    start(name, args = [], context = {}) {
      const id = ++lastCall
      const settled = new Promise<Settled>((resolve) => settling.set(id, resolve))
      vm.deliver('call', id, JSON.stringify({ export: name, args, context }))
      return { id, settled }
    },
    call: (name, args, context) => guest.start(name, args, context).settled,
    reply: (id, answer) => vm.deliver('reply', id, JSON.stringify(answer)),
    abort: (id, reason) => vm.deliver('abort', id, reason),
  }
  return guest

  function outer(op: string, id: number, text: string): ReturnType<Outer> {
    if (op === 'setTimeout') timers.set(id, setTimeout(fire, Number(text), id))
    else if (op === 'clearTimeout') clear(id)
    else if (op === 'send') receive(text.slice(0, text.indexOf('\n')), id, text.slice(text.indexOf('\n') + 1))
    return ''
  }

  function clear(id: number): void {
    clearTimeout(timers.get(id))
    timers.delete(id)
  }

  function fire(id: number): void {
    timers.delete(id)
    vm.deliver('timer', id, '')
  }

  function receive(type: string, id: number, payload: string): void {
    const data = JSON.parse(payload)
    if (type === 'settled') settling.get(id)?.(data)
    else if (type === 'log') logs.push({ callId: id, ...data })
    else if (guest.onHostCall === undefined) hostCalls.push({ id, ...data })
    else void answer({ id, ...data })
  }

  async function answer(call: HostCall): Promise<void> {
    hostCalls.push(call)
    try {
      guest.reply(call.id, { ok: await guest.onHostCall?.(call) })
    } catch (error) {
      guest.reply(call.id, { error })
    }
  }
}

/** Loads `source` into a fresh sandbox; a load that fails is the test's failure. */
export async function loadedVm(source: string): Promise<GuestVm> {
  const guest = createGuestVm()
  const { error } = await guest.load(source)
  if (error !== undefined) throw new Error(error.stack)
  return guest
}

/** The value of an expression inside the sandbox, which may be a promise; what it throws is thrown here. */
export async function evaluate(expression: string): Promise<unknown> {
  const guest = await loadedVm(`export const run = async () => (${expression})`)
  const { ok, error } = await guest.call('run')
  if (error !== undefined) throw Object.assign(new Error(error.message), { name: error.name, stack: error.stack })
  return ok
}
