import { FRAME, type Frame, type FrameType } from '../../runtime/guest/frame.ts'
import type { Bundle } from '../../runtime/sandbox/bundle.ts'
import type { CallRequest } from '../../runtime/sandbox/call.ts'
import type { Death } from '../../runtime/sandbox/death.ts'
import type { Launch } from '../../runtime/sandbox/guest-process.ts'

/** A guest process played by the test. */
export interface ScriptedProcess {
  readonly sent: Frame[]
  killed: Death | undefined
  paused: boolean
  memory: number
  unreadBytes: number
  /** Sends a frame to the host; an object as JSON. */
  say(type: FrameType, id?: number, text?: string | object, member?: number): void
  end(death: Death): void
  /** Frames of one type that the host sent. */
  got(type: FrameType): Frame[]
}

export function createScriptedLaunch(): { launch: Launch; processes: ScriptedProcess[] } {
  const processes: ScriptedProcess[] = []
  const launch: Launch = (_memoryBytes, onFrames) => {
    const ended = Promise.withResolvers<Death>()
    const process: ScriptedProcess = {
      sent: [],
      killed: undefined,
      paused: false,
      memory: 0,
      unreadBytes: 0,
      say: (type, id = 0, text = '', member = 0) => {
        onFrames([{ type, member, id, text: typeof text === 'string' ? text : JSON.stringify(text) }])
      },
      end: ended.resolve,
      got: (type) => process.sent.filter((frame) => frame.type === type),
    }
    processes.push(process)
    return {
      pid: processes.length,
      ended: ended.promise,
      get unreadBytes() {
        return process.unreadBytes
      },
      send: (type, id, text, member) => {
        process.sent.push({ type, id, text, ...(member === undefined ? {} : { member }) })
      },
      kill(death) {
        process.killed ??= death
        ended.resolve(process.killed)
      },
      pause: () => {
        process.paused = true
      },
      resume: () => {
        process.paused = false
      },
      readMemory: () => process.memory,
    }
  }
  return { launch, processes }
}

/** Answers the host's `load` frame as a guest does whose bundle exports `reconcile`. */
export function sayLoaded(process: ScriptedProcess, member = 0): void {
  process.say(FRAME.loaded, 0, { exports: { reconcile: 'function' } }, member)
}

export function bundleOf(code = '', hash = 'hash'): Bundle {
  return { file: '/handlers/test.ts', name: 'test.js', hash, code, sourceMap: '', inputs: [] }
}

export function requestOf(over: Partial<CallRequest> = {}): CallRequest {
  return {
    export: 'reconcile',
    args: ['{"a":1}'],
    context: '{"key":{},"attempt":1,"reason":"changed"}',
    timeoutMs: 1_000,
    onHostCall: () => Promise.resolve(undefined),
    ...over,
  }
}
