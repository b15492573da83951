import { AsyncLocalStorage } from 'node:async_hooks'
import prelude from 'ostler:prelude'
import { FRAME, type Frame, type SendFrame } from './frame.ts'
import { createLogValve } from './log-valve.ts'
import { rejectionLog } from './uncaught.ts'
import { createVm } from './vm.ts'

/** The text of a `load` frame. */
export interface LoadRequest {
  /** What stacks show as the file. */
  readonly name: string
  readonly code: string
  /** Bounds of one result and one host call, and of all log lines in a second. */
  readonly limits: { readonly textBytes: number; readonly logBytesPerSecond: number }
}

/** One handler of the process: a VM, timers and a share of the log of its own. */
export interface Member {
  /** Takes its number and its bundle, once. */
  load(member: number, text: string): void
  receive(frame: Frame): void
  /** Says in its log that nobody awaited a promise which rejected. */
  rejected(reason: unknown): void
}

/** The prelude refuses one more with an error; this is for code that got around it. */
const MAX_TIMERS = 10_000

/** Whose code runs: a rejection that nobody awaits comes without a word of where it was made. */
const running = new AsyncLocalStorage<Member>()

/** The member whose code runs, or brought about what runs. */
export function runningMember(): Member | undefined {
  return running.getStore()
}

export function createMember(sendFrame: SendFrame): Member {
  let number = 0
  const timers = new Map<number, NodeJS.Timeout>()
  const logValve = createLogValve((id, text) => sendFrame(FRAME.log, id, text, number))
  const vm = createVm({ outer, prelude })
  const deliver: typeof vm.deliver = (...said) => running.run(member, vm.deliver, ...said)

  const member: Member = {
    load(given, text) {
      number = given
      const { name, code, limits } = JSON.parse(text) as LoadRequest
      logValve.open(limits.logBytesPerSecond)
      const loaded = running.run(member, vm.load, code, name, limits.textBytes)
      sendFrame(FRAME.loaded, 0, loaded, number)
    },
    receive({ type, id, text }) {
      switch (type) {
        case FRAME.call:
          return deliver('call', id, text)
        case FRAME.abort:
          return deliver('abort', id, text)
        case FRAME.reply:
          return deliver('reply', id, text)
        default:
          throw new Error(`the host sent a frame of type ${type}`)
      }
    },
    rejected: (reason) => logValve.push(0, rejectionLog(reason)),
  }
  return member

  /** All that the VM can reach, with what `Outer` says of it. */
  function outer(op: string, id: number, text: string): number {
    switch (op) {
      case 'send':
        return send(id, text)
      case 'setTimeout':
        return startTimer(id, Number(text))
      case 'clearTimeout':
        clearTimeout(timers.get(id))
        return Number(timers.delete(id))
      default:
        return 0
    }
  }

  function startTimer(id: number, delayMs: number): number {
    clearTimeout(timers.get(id))
    timers.delete(id)
    if (timers.size >= MAX_TIMERS) return 0
    const fire = () => {
      timers.delete(id)
      deliver('timer', id, '')
    }
    timers.set(id, setTimeout(fire, delayMs))
    return 1
  }

  /** `text` is the frame type's name, a line feed, and the payload. */
  function send(id: number, text: string): number {
    const cut = text.indexOf('\n')
    const payload = text.slice(cut + 1)
    switch (text.slice(0, cut)) {
      case 'settled':
        sendFrame(FRAME.settled, id, payload, number)
        return 1
      case 'hostCall':
        sendFrame(FRAME.hostCall, id, payload, number)
        return 1
      case 'log':
        logValve.push(id, payload)
        return 1
      default:
        return 0
    }
  }
}
