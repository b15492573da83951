import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs'
import type { Socket } from 'node:net'
import {
  createFrameDecoder,
  createFrameSender,
  type Frame,
  FrameError,
  type FrameType,
  GUEST_FRAMES,
  splitText,
} from '../guest/frame.ts'
import { messageOf } from '../util/message-of.ts'
import { type Death, nameDeath } from './death.ts'
import { type MemoryMeter, openMemoryMeter } from './memory-meter.ts'

/** The operating system's side of a guest: a process, its socket, its end. Tests script it. */
export interface GuestProcess {
  readonly pid: number
  /** Resolves once, when the process is gone; no frame comes after it. */
  readonly ended: Promise<Death>
  /** Written, but not yet read by the guest. */
  readonly unreadBytes: number
  /** Texts of any length, to one of the handlers inside; after the end they are dropped. */
  send(type: FrameType, id: number, text: string, member?: number): void
  /** SIGKILL. `ended` tells the first death given here, whatever the process says itself. */
  kill(death: Death): void
  /** Stops and goes on reading the guest's frames. */
  pause(): void
  resume(): void
  /** Bytes of memory of its own, where the system says. */
  readMemory(): number | undefined
}

/** Starts a guest; frames go to `onFrames` in order, and whatever is thrown there is the guest's end. */
export type Launch = (memoryBytes: number, onFrames: (frames: readonly Frame[]) => void) => GuestProcess

export interface LaunchOptions {
  readonly entry: string
  readonly cwd: string
  readonly onStarted: (pid: number) => void
  readonly onEnded: (pid: number) => void
}

const Mi = 1 << 20
const MIN_HEAP_MB = 32
/** Kept of stderr: the end, where Node.js says what it died of. */
const STDERR_KEPT = 16 << 10
const STDERR_MAX = 64 << 10
/** A process that is gone closes its pipes at once; one that handed them on is not waited for. */
const CLOSE_WAIT_MS = 1_000

/** What every guest is started with, besides its heap limit. */
export const GUEST_FLAGS: readonly string[] = [
  // No file, child process, worker, add-on, network. No `--allow` follows: a guest that is one file needs none.
  '--permission',
  '--no-addons',
  // It writes files anywhere, whatever --permission says.
  '--no-experimental-sqlite',
  '--no-experimental-ffi',
  '--no-experimental-websocket',
  // Else the signal opens the inspector.
  '--disable-sigusr1',
  '--disallow-code-generation-from-strings',
  '--freeze-flags-after-init',
  '--max-semi-space-size=4',
]

/** Half of the memory is for the heap; the rest for buffers, code and Node.js itself. */
function heapMbOf(memoryBytes: number): number {
  return Math.max(MIN_HEAP_MB, Math.floor(memoryBytes / 2 / Mi))
}

/** Makes the real `Launch`. */
export function createLaunch({ entry, cwd, onStarted, onEnded }: LaunchOptions): Launch {
  return (memoryBytes, onFrames) => {
    const heapMb = heapMbOf(memoryBytes)
    const child = spawn(process.execPath, [...GUEST_FLAGS, `--max-old-space-size=${heapMb}`, entry], {
      cwd,
      env: {},
      // A session of its own: Ctrl-C in a terminal reaches the host alone, which then drains its guests.
      detached: true,
      // Descriptor 3 becomes one end of a socket pair.
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    })
    if (child.pid !== undefined) onStarted(child.pid)
    return attach(child, heapMb, onFrames, onEnded)
  }
}

function attach(
  child: ChildProcess,
  heapMb: number,
  onFrames: (frames: readonly Frame[]) => void,
  onEnded: (pid: number) => void,
): GuestProcess {
  const { promise: ended, resolve: end } = Promise.withResolvers<Death>()
  const pid = child.pid ?? 0
  const meter: MemoryMeter | undefined = child.pid === undefined ? undefined : openMemoryMeter(pid)
  const socket = child.stdio[3] as Socket
  let killedFor: Death | undefined
  let gone = false
  /** Handed over in this turn of the event loop, and not written yet. */
  let queuedBytes = 0
  const write = createFrameSender((bytes) => {
    queuedBytes = 0
    if (!gone && socket.writable) socket.write(bytes)
  })
  const kill = (death: Death) => {
    killedFor ??= death
    child.kill('SIGKILL')
  }
  const stderr = keepStderr(child, () =>
    kill({ cause: 'protocol', message: `wrote over ${STDERR_MAX} bytes to stderr` }),
  )
  const finish = (death: Death) => {
    if (gone) return
    gone = true
    meter?.close()
    socket.destroy()
    if (child.pid !== undefined) onEnded(pid)
    end(killedFor ?? death)
  }
  readFrames(socket, (frames) => killedFor === undefined && !gone && onFrames(frames), kill)
  child.on('error', (error) => finish({ cause: 'exit', message: `could not be started: ${error.message}` }))
  child.on('exit', (code, signal) => {
    const named = () => finish(nameDeath(code, signal, stderr(), heapMb))
    // What it said last is still in the pipes.
    const timer = setTimeout(named, CLOSE_WAIT_MS)
    child.on('close', () => {
      clearTimeout(timer)
      named()
    })
  })
  // Should the machine run out of memory, the kernel is to take the guest and not the host.
  if (child.pid !== undefined) writeFile(`/proc/${pid}/oom_score_adj`, '1000', () => {})
  return {
    pid,
    ended,
    kill,
    get unreadBytes() {
      return socket.writableLength + queuedBytes
    },
    send(type, id, text, member) {
      if (gone) return
      queuedBytes += text.length
      for (const frame of splitText(type, id, text)) write(frame.type, frame.id, frame.text, member)
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    readMemory: () => meter?.read(),
  }
}

function readFrames(socket: Socket, onFrames: (frames: readonly Frame[]) => void, kill: (death: Death) => void): void {
  const decode = createFrameDecoder(GUEST_FRAMES)
  socket.on('data', (chunk: Buffer) => {
    try {
      onFrames(decode(chunk))
    } catch (error) {
      // Whatever a guest sends, and wherever in the host it fails, the guest ends by it and nobody else.
      const what = error instanceof FrameError ? error.message : `the host could not take a frame: ${messageOf(error)}`
      kill({ cause: 'protocol', message: `protocol: ${what}` })
    }
  })
  // A guest that is gone resets it; its end is told by the process.
  socket.on('error', () => {})
  // A guest that closes its socket can only be waited for in vain.
  socket.on('end', () =>
    setTimeout(() => kill({ cause: 'protocol', message: 'closed its socket' }), CLOSE_WAIT_MS).unref(),
  )
}

/** Reads stderr for as long as it stays below its bound; answers the end of it. */
function keepStderr(child: ChildProcess, onFlood: () => void): () => string {
  let kept = ''
  let total = 0
  child.stderr?.setEncoding('utf8')
  child.stderr?.on('data', (text: string) => {
    total += text.length
    kept = (kept + text).slice(-STDERR_KEPT)
    if (total > STDERR_MAX) onFlood()
  })
  child.stderr?.on('error', () => {})
  return () => kept
}
