import { setMaxListeners } from 'node:events'
import { FrameError } from '../guest/frame.ts'
import type { Clock } from '../util/clock.ts'
import type { CallRequest } from './call.ts'
import type { HostCallMessage } from './guest-message.ts'
import { errorReply, okReply } from './host-reply.ts'
import type { GuestLimits } from './limits.ts'

/** A handler of the guest. */
export interface AskingMember {
  readonly number: number
  /** Host calls in flight of calls that are not over, by ids of the member's own. */
  readonly hostCalls: Set<number>
}

/** A call that its caller waits for. */
export interface AskingCall {
  readonly member: AskingMember
  readonly request: CallRequest
  /** Made with the first host call; aborts when the call is over. */
  controller: AbortController | undefined
  /** Ids of its host calls in flight. */
  readonly hostCalls: Set<number>
}

/** A request of the guest, from its frame until it is answered or nobody waits for it. */
interface HostCall extends HostCallMessage {
  readonly id: number
  /** Of its frame. */
  readonly bytes: number
}

type Asked = HostCall & { readonly from: AskingCall }

export interface HostCallsOptions {
  readonly clock: Clock
  readonly limits: GuestLimits
  /** The guest has not too much to read, or reads nothing any more. */
  mayAnswer(): boolean
  reply(member: AskingMember, id: number, text: string): void
  /** What is in flight takes less. */
  shrunk(): void
}

/** A guest takes about as long to parse what it may have ahead. */
const READ_POLL_MS = 5

/** What the calls of one guest ask the host for, from the frame to the reply. */
export class HostCalls {
  readonly #options: HostCallsOptions
  /** Not begun yet, in their order; at most as many as members may have, and those of calls just over. */
  #asked: Asked[] = []
  #isAnswering = false
  #bytes = 0

  constructor(options: HostCallsOptions) {
    this.#options = options
  }

  /** Of those that were not answered yet, whoever waits for them. */
  get bytes(): number {
    return this.#bytes
  }

  /** errors: FrameError for an id that is in flight, and for more than a member may have */
  add(from: AskingCall, hostCall: HostCall): void {
    const { id, bytes } = hostCall
    const { hostCalls } = from.member
    if (hostCalls.has(id)) throw new FrameError(`Cannot take host call ${id}: it is in flight`)
    // Twice, as the guest frees the places of a call that ends, and fills them, just before it reports the end.
    if (hostCalls.size >= 2 * this.#options.limits.hostCalls) {
      throw new FrameError(`Cannot take a host call: ${hostCalls.size} are in flight`)
    }
    hostCalls.add(id)
    from.hostCalls.add(id)
    this.#bytes += bytes
    this.#asked.push({ ...hostCall, from })
    if (!this.#isAnswering) void this.#answerAll()
  }

  /** What a call left behind without waiting for it, such as an event, is under way when the call is said to be over. */
  beginRest(call: AskingCall): void {
    const rest = this.#asked.filter(({ from }) => from === call)
    if (rest.length === 0) return
    this.#asked = this.#asked.filter(({ from }) => from !== call)
    for (const asked of rest) void this.#answer(asked)
  }

  /** The call is over: what is under way for it is aborted, and its answers are nobody's. */
  end({ member, hostCalls, controller }: AskingCall): void {
    for (const id of hostCalls) member.hostCalls.delete(id)
    // Else a late answer would be sent for the next host call of that id.
    hostCalls.clear()
    controller?.abort(new Error('The call is over'))
  }

  /** Nothing more is begun. */
  clear(): void {
    this.#asked = []
  }

  /**
   * Begins what was asked for one by one, so that an answer out of the cache is sent, and counted, before the next one is made:
   * hundreds of large ones at once would be the host's end. One that waits for the API server does not hold up the others;
   * none is begun while the guest has much to read.
   */
  async #answerAll(): Promise<void> {
    const { clock, mayAnswer } = this.#options
    this.#isAnswering = true
    while (this.#asked.length > 0) {
      while (!mayAnswer()) await clock.sleep(READ_POLL_MS)
      const asked = this.#asked.shift()
      if (asked !== undefined) await Promise.race([this.#answer(asked), microtasksDone()])
    }
    this.#isAnswering = false
  }

  async #answer({ id, from: call, method, args, bytes }: Asked): Promise<void> {
    const reply = call.hostCalls.has(id) ? await this.#ask(call, method, args) : ''
    this.#bytes -= bytes
    this.#options.shrunk()
    // Nobody waits for it if the call is over.
    if (!call.hostCalls.delete(id)) return
    call.member.hostCalls.delete(id)
    this.#options.reply(call.member, id, reply)
  }

  async #ask(call: AskingCall, method: string, args: readonly unknown[]): Promise<string> {
    const { hostCalls, replyLength } = this.#options.limits
    call.controller ??= createController(2 * hostCalls)
    try {
      return okReply(await call.request.onHostCall(method, args, call.controller.signal), replyLength)
    } catch (error) {
      return errorReply(error)
    }
  }
}

function createController(maxListeners: number): AbortController {
  const controller = new AbortController()
  // Each host call may listen; Node.js would warn of a leak from the eleventh on.
  setMaxListeners(maxListeners, controller.signal)
  return controller
}

/** Resolves after all that needs no more than promises which are kept already. */
function microtasksDone(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}
