import { RuntimeError } from '../errors.ts'
import { FRAME, type Frame, FrameError } from '../guest/frame.ts'
import type { LoadRequest } from '../guest/member.ts'
import type { Clock } from '../util/clock.ts'
import { TokenBucket } from '../util/token-bucket.ts'
import type { Bundle } from './bundle.ts'
import type { CallRequest, GuestLog, Settled } from './call.ts'
import type { Death } from './death.ts'
import { type LoadedMessage, parseHostCall, parseLoaded, parseLog, parseSettled } from './guest-message.ts'
import type { GuestProcess, Launch } from './guest-process.ts'
import { type AskingCall, type AskingMember, HostCalls } from './host-calls.ts'
import { errorReply } from './host-reply.ts'
import type { GuestLimits } from './limits.ts'
import { loadDied, loadFailed } from './load-failure.ts'
import { mapStack } from './source-map.ts'

export interface GuestOptions {
  readonly launch: Launch
  readonly memoryBytes: number
  readonly clock: Clock
  readonly limits: GuestLimits
}

/** Hears a handler's log lines; `request` is undefined for what it logs outside of a call. */
export type OnLog = (line: GuestLog, request: CallRequest | undefined) => void

/** A handler in the guest: the only one, or one of a group. */
interface Member extends AskingMember {
  readonly bundle: Bundle
  readonly onLog: OnLog
  readonly logBucket: TokenBucket
  droppedLogs: number
  /** Calls that somebody waits for, and those that run on after their timeout. */
  calls: number
}

/** A call that its caller waits for. */
interface Call extends AskingCall {
  readonly member: Member
  readonly deadline: number
  readonly settle: (settled: Settled) => void
  readonly cancelTimer: () => void
}

/** A call that nobody waits for any more, and that runs on inside. */
interface LateCall {
  readonly member: Member
  readonly cancelOverdue: () => void
}

type Phase = 'booting' | 'booted' | 'loading' | 'loaded' | 'ended'

const MAX_ID = 0xffff_ffff
const Mi = 1 << 20

/**
 * One guest process from its start to its end: loads one bundle, or one for each member of a group, runs their exports,
 * answers their host calls, and is killed when it uses more than it may, does not answer, or talks nonsense. It is never used
 * again for other bundles.
 */
export class Guest {
  readonly memoryBytes: number
  readonly startedAt: number
  /** Resolves when it can load; rejects with a RuntimeError when it ends before. */
  readonly booted: Promise<void>
  /** Resolves at its end, when all its calls have settled. */
  readonly ended: Promise<Death>

  readonly #process: GuestProcess
  readonly #clock: Clock
  readonly #limits: GuestLimits
  readonly #bucket: TokenBucket
  readonly #hostCalls: HostCalls
  #phase: Phase = 'booting'
  /** By their numbers, which frames bear. */
  readonly #members = new Map<number, Member>()
  /** The one that loads, or loaded last. */
  #newest: Member | undefined
  #cancelPhaseTimer: () => void
  #cancelTick: () => void
  #cancelPause = () => {}
  #settleBoot = Promise.withResolvers<void>()
  #settleLoad: PromiseWithResolvers<LoadedMessage> | undefined
  #lastId = 0
  /** Calls that somebody waits for, by id. No id is in #late too. */
  readonly #calls = new Map<number, Call>()
  /** Calls that timed out and run on inside; each holds the timer that ends its guest. */
  readonly #late = new Map<number, LateCall>()
  /** Pings without their pong yet. */
  #pingsOut = 0
  /** Who waits for the pong to a ping, by how many pongs come before it. */
  #turnWaiters: { pongs: number; resolve: () => void }[] = []
  /** Turns of the host's own timer since the last pong: a host that stood still counts one, however long it stood. */
  #silentTurns = 0
  #paused = false
  #idleWaiters: (() => void)[] = []

  constructor({ launch, memoryBytes, clock, limits }: GuestOptions) {
    this.memoryBytes = memoryBytes
    this.startedAt = clock.now()
    this.#clock = clock
    this.#limits = limits
    this.#bucket = new TokenBucket(clock, limits.framesPerSecond)
    this.#hostCalls = new HostCalls({
      clock,
      limits,
      mayAnswer: () => !this.alive || this.#process.unreadBytes <= limits.aheadBytes,
      reply: (member, id, text) => this.#reply(member, id, text),
      shrunk: () => this.#paused && this.alive && this.#pauseWhileAhead(),
    })
    this.#process = launch(memoryBytes, (frames) => this.#receiveAll(frames))
    this.#cancelPhaseTimer = this.#killAfter(limits.bootMs, `did not start within ${limits.bootMs / 1000} s`)
    this.#cancelTick = clock.after(limits.pingMs, () => this.#tick())
    this.booted = this.#settleBoot.promise
    // Whoever takes the guest waits for it; a spare that dies untaken is nobody's unhandled rejection.
    this.booted.catch(() => {})
    this.ended = this.#process.ended.then((death) => this.#end(death))
  }

  get pid(): number {
    return this.#process.pid
  }

  /** Bytes of memory of its own; undefined where the system does not say. */
  get usedBytes(): number | undefined {
    return this.#process.readMemory()
  }

  get alive(): boolean {
    return this.#phase !== 'ended'
  }

  /** Calls that somebody waits for. */
  get inFlight(): number {
    return this.#calls.size
  }

  /** Until the last of the present calls has timed out, 0 without any. */
  get longestRemainingMs(): number {
    const now = this.#clock.now()
    return Math.max(0, ...[...this.#calls.values()].map(({ deadline }) => deadline - now))
  }

  /**
   * Evaluates a bundle, once for each member, one after the other and before the first call.
   * out:     each export's name and `typeof`
   * errors:  RuntimeError HANDLER_LOAD_FAILED with the line that threw; the guest is to be killed then
   */
  async load(bundle: Bundle, onLog: OnLog, number = 0): Promise<Readonly<Record<string, string>>> {
    await this.booted
    // It may have ended since.
    const canLoad = this.#phase === 'booted' || (this.#phase === 'loaded' && !this.#members.has(number))
    if (!canLoad) throw loadDied(bundle, { cause: 'exit', message: `is ${this.#phase}` })
    const message = await this.#load(this.#addMember(number, bundle, onLog))
    if (message.kind === 'error') throw loadFailed(bundle, message.error)
    return message.exports
  }

  #addMember(number: number, bundle: Bundle, onLog: OnLog): Member {
    const logBucket = new TokenBucket(this.#clock, 4 * this.#limits.logBytesPerSecond)
    const member = { number, bundle, onLog, logBucket, droppedLogs: 0, calls: 0, hostCalls: new Set<number>() }
    this.#members.set(number, member)
    this.#newest = member
    return member
  }

  #load({ number, bundle }: Member): Promise<LoadedMessage> {
    const loaded = Promise.withResolvers<LoadedMessage>()
    this.#phase = 'loading'
    this.#settleLoad = loaded
    const { textBytes, logBytesPerSecond, loadMs } = this.#limits
    this.#cancelPhaseTimer = this.#killAfter(loadMs, `did not load within ${loadMs / 1000} s`)
    const limits = { textBytes, logBytesPerSecond }
    const request: LoadRequest = { name: bundle.name, code: bundle.code, limits }
    this.#process.send(FRAME.load, 0, JSON.stringify(request), number)
    return loaded.promise
  }

  /**
   * Resolves once the guest's event loop has turned: what was just loaded did not leave a loop behind it.
   * errors:  RuntimeError HANDLER_LOAD_FAILED of the bundle that was loaded last, when the guest ends first
   */
  async turned(): Promise<void> {
    const turned = Promise.withResolvers<'turned'>()
    this.#turnWaiters.push({ pongs: this.#pingsOut, resolve: () => turned.resolve('turned') })
    this.#ping()
    const first = await Promise.race([turned.promise, this.ended])
    if (first !== 'turned' && this.#newest !== undefined) throw loadDied(this.#newest.bundle, first)
  }

  /**
   * Runs an export. Settles in any case: at its timeout if not before, or at the guest's end.
   * At the timeout `context.signal` aborts and the later result is ignored; a call that goes on for `overdueMs` then costs
   * the guest its life.
   */
  call(request: CallRequest, number = 0): Promise<Settled> {
    const member = this.#members.get(number)
    if (this.#phase !== 'loaded' || member === undefined) {
      return Promise.resolve({ kind: 'died', reason: 'not running' })
    }
    if (member.calls >= this.#limits.calls) {
      return Promise.reject(
        new RangeError(`Cannot call "${request.export}": ${this.#limits.calls} calls are in flight`),
      )
    }
    const id = this.#nextId()
    return new Promise((settle) => {
      const deadline = this.#clock.now() + request.timeoutMs
      const cancelTimer = this.#clock.after(request.timeoutMs, () => this.#timeOut(id))
      const call = {
        member,
        request,
        deadline,
        settle,
        cancelTimer,
        controller: undefined,
        hostCalls: new Set<number>(),
      }
      this.#calls.set(id, call)
      member.calls++
      this.#process.send(FRAME.call, id, callText(request), number)
    })
  }

  /** Settles a member's calls as `died`; inside they are told to abort, and have as long for it as after a timeout. */
  drop(number: number, { message }: Death): void {
    for (const [id, call] of [...this.#calls]) {
      if (call.member.number === number) this.#abandon(id, call, message, { kind: 'died', reason: message })
    }
  }

  /** Resolves when nothing runs inside on a caller's behalf, or at the guest's end. */
  whenIdle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve()
    return new Promise((resolve) => this.#idleWaiters.push(resolve))
  }

  /** SIGKILL; calls in flight settle as `died` with the death's message. */
  kill(death: Death): void {
    this.#process.kill(death)
  }

  #nextId(): number {
    do this.#lastId = (this.#lastId % MAX_ID) + 1
    while (this.#calls.has(this.#lastId) || this.#late.has(this.#lastId))
    return this.#lastId
  }

  #killAfter(ms: number, message: string): () => void {
    return this.#clock.after(ms, () => this.kill({ cause: 'slow', message }))
  }

  #receiveAll(frames: readonly Frame[]): void {
    let counted = 0
    for (const frame of frames) {
      this.#receive(frame)
      if (frame.type === FRAME.hostCall || frame.type === FRAME.log) counted += 1 + (frame.text.length >> 9)
    }
    this.#bucket.take(counted)
    if (!this.#paused) this.#pauseWhileAhead()
  }

  /**
   * Reads no more until the bucket is even, and what was asked for in flight is small enough; the guest's writes then wait in
   * its own memory, which is bounded.
   */
  #pauseWhileAhead(): void {
    const waitMs = this.#bucket.take(0)
    const isFull = this.#hostCalls.bytes > this.#limits.hostCallBytes
    this.#cancelPause()
    this.#cancelPause = waitMs > 0 ? this.#clock.after(waitMs, () => this.#pauseWhileAhead()) : () => {}
    if (waitMs > 0 || isFull) {
      if (!this.#paused) this.#process.pause()
      this.#paused = true
    } else if (this.#paused) {
      this.#paused = false
      this.#process.resume()
    }
  }

  #receive({ type, member: number = 0, id, text }: Frame): void {
    switch (type) {
      case FRAME.booted:
        return this.#onBooted()
      case FRAME.pong:
        return this.#onPong()
      case FRAME.loaded:
        return this.#onLoaded(this.#memberOf(number), text)
      case FRAME.settled:
        return this.#onSettled(this.#memberOf(number), id, text)
      case FRAME.hostCall:
        return this.#onHostCall(this.#memberOf(number), id, text)
      case FRAME.log:
        return this.#onLogged(this.#memberOf(number), id, text)
      default:
        throw new FrameError(`Cannot take a frame of type ${type} from a guest`)
    }
  }

  #memberOf(number: number): Member {
    const member = this.#members.get(number)
    if (member === undefined) throw new FrameError(`Cannot take a frame of member ${number}: it was not loaded`)
    return member
  }

  #onBooted(): void {
    this.#enter('booting', 'booted')
    this.#settleBoot.resolve()
  }

  #onLoaded(member: Member, text: string): void {
    if (member !== this.#newest)
      throw new FrameError(`Cannot take "loaded" of member ${member.number}: it does not load`)
    this.#enter('loading', 'loaded')
    this.#settleLoad?.resolve(parseLoaded(text))
  }

  #enter(from: Phase, to: Phase): void {
    if (this.#phase !== from) throw new FrameError(`Cannot take "${to}" from a guest that is ${this.#phase}`)
    this.#phase = to
    this.#cancelPhaseTimer()
    this.#silentTurns = 0
  }

  #onSettled(member: Member, id: number, text: string): void {
    const open = this.#calls.get(id) ?? this.#late.get(id)
    if (open?.member !== member) throw new FrameError(`Cannot settle call ${id}: it is not in flight`)
    if ('cancelOverdue' in open) return this.#forgetLate(id, open)
    const settled = this.#settledOf(open, text)
    this.#hostCalls.beginRest(open)
    member.calls--
    this.#finish(id, open, settled)
  }

  #forgetLate(id: number, { member, cancelOverdue }: LateCall): void {
    cancelOverdue()
    this.#late.delete(id)
    member.calls--
    this.#wakeIdle()
  }

  #settledOf({ member }: Call, text: string): Settled {
    const { textBytes } = this.#limits
    if (text.length > textBytes) throw new FrameError(`Cannot take a result of over ${textBytes} bytes`)
    const message = parseSettled(text)
    if (message.kind === 'value') return { kind: 'returned', value: message.value }
    const { error, terminal } = message
    return { kind: 'threw', error: { ...error, stack: mapStack(error.stack, member.bundle) }, terminal }
  }

  #timeOut(id: number): void {
    const call = this.#calls.get(id)
    if (call === undefined) return
    const { timeoutMs } = call.request
    const settled: Settled = { kind: 'timedOut', afterMs: timeoutMs }
    this.#abandon(id, call, `The call ran past its timeout of ${timeoutMs} ms`, settled)
  }

  /** Tells a call to abort, and settles it without waiting for that. */
  #abandon(id: number, call: Call, why: string, settled: Settled): void {
    const { member } = call
    const { overdueMs } = this.#limits
    const seconds = `${overdueMs / 1000} s`
    const after = settled.kind === 'timedOut' ? 'its timeout' : 'it was dropped'
    this.#process.send(FRAME.abort, id, why, member.number)
    const overdue = () => this.kill({ cause: 'overdue', message: `a call had not settled ${seconds} after ${after}` })
    this.#late.set(id, { member, cancelOverdue: this.#clock.after(overdueMs, overdue) })
    this.#finish(id, call, settled)
  }

  #finish(id: number, call: Call, settled: Settled): void {
    this.#calls.delete(id)
    call.cancelTimer()
    this.#hostCalls.end(call)
    call.settle(settled)
    this.#wakeIdle()
  }

  #onHostCall(member: Member, id: number, text: string): void {
    const { textBytes } = this.#limits
    if (text.length > textBytes) throw new FrameError(`Cannot take a host call of over ${textBytes} bytes`)
    const message = parseHostCall(text)
    const call = this.#calls.get(message.call)
    // Over here, by its timeout, and not yet in there: the abort is under way.
    if (call === undefined) {
      return this.#process.send(FRAME.reply, id, errorReply(new Error(`The call is over`)), member.number)
    }
    if (call.member !== member) throw new FrameError(`Cannot take host call ${id}: its call is another member's`)
    this.#hostCalls.add(call, { ...message, id, bytes: text.length })
  }

  #reply({ number }: AskingMember, id: number, text: string): void {
    this.#process.send(FRAME.reply, id, text, number)
    const death = this.#overfull()
    if (death !== undefined) this.kill(death)
  }

  /** A guest that got around its own valve must not bury what others log. */
  #onLogged(member: Member, id: number, text: string): void {
    const line = parseLog(text)
    if (member.logBucket.take(0) > 0) {
      member.droppedLogs++
      return
    }
    member.logBucket.take(text.length)
    if (member.droppedLogs > 0) {
      const message = `${member.droppedLogs} log lines were dropped: they came too fast`
      member.onLog({ level: 'warn', message }, undefined)
      member.droppedLogs = 0
    }
    const call = this.#calls.get(id)
    member.onLog(line, call?.member === member ? call.request : undefined)
  }

  #onPong(): void {
    if (this.#pingsOut === 0) throw new FrameError('Cannot take a pong: no ping is out')
    this.#pingsOut--
    this.#silentTurns = 0
    this.#turnWaiters = this.#turnWaiters.filter((waiter) => {
      if (waiter.pongs-- > 0) return true
      waiter.resolve()
      return false
    })
  }

  #tick(): void {
    this.#cancelTick = this.#clock.after(this.#limits.pingMs, () => this.#tick())
    const death = this.#overuse() ?? this.#silence()
    if (death !== undefined) this.kill(death)
  }

  #overuse(): Death | undefined {
    const used = this.#process.readMemory() ?? 0
    if (used > this.memoryBytes)
      return { cause: 'memory', message: `out of memory: ${mib(used)} of ${mib(this.memoryBytes)}` }
    return this.#overfull()
  }

  #overfull(): Death | undefined {
    if (this.#process.unreadBytes <= this.#limits.unreadBytes) return undefined
    return { cause: 'silent', message: `did not read ${mib(this.#process.unreadBytes)} that were sent to it` }
  }

  /** Sends the next ping; a death when too many are out. Booting and loading have limits of their own. */
  #silence(): Death | undefined {
    if (this.#paused || this.#phase === 'booting' || this.#phase === 'loading') return undefined
    const { pingMs, unansweredPings } = this.#limits
    if (this.#silentTurns >= unansweredPings) {
      return { cause: 'silent', message: `did not answer for ${(pingMs * unansweredPings) / 1000} s` }
    }
    this.#silentTurns++
    this.#ping()
    return undefined
  }

  #ping(): void {
    this.#pingsOut++
    this.#process.send(FRAME.ping, 0, '')
  }

  #isIdle(): boolean {
    return this.#calls.size === 0 && this.#late.size === 0
  }

  #wakeIdle(): void {
    if (!this.#isIdle()) return
    for (const wake of this.#idleWaiters.splice(0)) wake()
  }

  #end(death: Death): Death {
    this.#phase = 'ended'
    this.#cancelPhaseTimer()
    this.#cancelTick()
    this.#cancelPause()
    this.#hostCalls.clear()
    for (const { cancelOverdue } of this.#late.values()) cancelOverdue()
    this.#late.clear()
    for (const [id, call] of [...this.#calls]) this.#finish(id, call, { kind: 'died', reason: death.message })
    this.#settleBoot.reject(
      new RuntimeError('SANDBOX_DIED', `A guest process ended before it was ready: ${death.message}`),
    )
    if (this.#newest !== undefined) this.#settleLoad?.reject(loadDied(this.#newest.bundle, death))
    this.#wakeIdle()
    return death
  }
}

function callText({ export: name, args, context }: CallRequest): string {
  return `{"export":${JSON.stringify(name)},"args":[${args.join(',')}],"context":${context}}`
}

function mib(bytes: number): string {
  return `${Math.round(bytes / Mi)} MiB`
}
