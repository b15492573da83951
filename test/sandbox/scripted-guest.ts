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
  say(type: FrameType, id?: number, text?: string | object): void
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
      say: (type, id = 0, text = '') => {
        onFrames([{ type, id, text: typeof text === 'string' ? text : JSON.stringify(text) }])
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
      send: (type, id, text) => void process.sent.push({ type, id, text }),
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
export function sayLoaded(process: ScriptedProcess): void {
  process.say(FRAME.loaded, 0, { exports: { reconcile: 'function' } })
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
