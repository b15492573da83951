/**
 * The guest process: one handler in one vm2 VM, one socket to the host on descriptor 3, nothing else.
 * Nothing in here is a wall: what must hold is enforced by the host. The bounds here spare honest handlers its SIGKILL.
 */
import { Socket } from 'node:net'
import prelude from 'ostler:prelude'
import { createFrameDecoder, createFrameSender, createPartJoiner, FRAME, type Frame, HOST_FRAMES } from './frame.ts'
import { createLogValve } from './log-valve.ts'
import { rejectionLog, reportFatal } from './uncaught.ts'
import { createVm } from './vm.ts'

/** The text of a `load` frame. */
export interface LoadRequest {
  /** What stacks show as the file. */
  readonly name: string
  readonly code: string
  /** Bounds of one result and one host call, and of all log lines in a second. */
  readonly limits: { readonly textBytes: number; readonly logBytesPerSecond: number }
}

/** The prelude refuses one more with an error; this is for code that got around it. */
const MAX_TIMERS = 10_000

const socket = new Socket({ fd: 3 })
const sendFrame = createFrameSender((bytes) => socket.write(bytes))
const logValve = createLogValve((id, text) => sendFrame(FRAME.log, id, text))
const timers = new Map<number, NodeJS.Timeout>()

process.on('uncaughtException', reportFatal)
process.on('unhandledRejection', (reason) => logValve.push(0, rejectionLog(reason)))

const vm = createVm({ outer, prelude })
const decode = createFrameDecoder(HOST_FRAMES)
const join = createPartJoiner()

socket.on('data', (chunk: Buffer) => {
  for (const part of decode(chunk)) {
    const frame = join(part)
    if (frame !== undefined) receive(frame)
  }
})
// The host is gone, or done with this guest.
socket.on('error', () => process.exit(0))
socket.on('close', () => process.exit(0))
sendFrame(FRAME.booted, 0, '')

function receive({ type, id, text }: Frame): void {
  switch (type) {
    case FRAME.ping:
      return sendFrame(FRAME.pong, id, '')
    case FRAME.load:
      return load(text)
    case FRAME.call:
      return vm.deliver('call', id, text)
    case FRAME.abort:
      return vm.deliver('abort', id, text)
    case FRAME.reply:
      return vm.deliver('reply', id, text)
    default:
      throw new Error(`the host sent a frame of type ${type}`)
  }
}

function load(text: string): void {
  const { name, code, limits } = JSON.parse(text) as LoadRequest
  logValve.open(limits.logBytesPerSecond)
  sendFrame(FRAME.loaded, 0, vm.load(code, name, limits.textBytes))
}

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
    vm.deliver('timer', id, '')
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
      sendFrame(FRAME.settled, id, payload)
      return 1
    case 'hostCall':
      sendFrame(FRAME.hostCall, id, payload)
      return 1
    case 'log':
      logValve.push(id, payload)
      return 1
    default:
      return 0
  }
}
