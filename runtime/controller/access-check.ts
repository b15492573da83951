import PQueue from 'p-queue'
import { type Access, idOfAccess, impersonationOf } from '../kube/access.ts'
import type { AccessReviews, Asker } from '../kube/access-reviews.ts'
import { sayMissing } from '../kube/rbac-rule.ts'
import { isForbidden } from '../kube/status-error.ts'
import type { Clock } from '../util/clock.ts'
import { parseIdentity } from '../util/identity.ts'
import { messageOf } from '../util/message-of.ts'
import { missingOf, type Need } from './needed-access.ts'

export type AccessState =
  /** Nothing is known yet. */
  | { readonly kind: 'checking' }
  /** `message`: what a controller works without. */
  | { readonly kind: 'granted'; readonly message?: string }
  | { readonly kind: 'missing'; readonly missing: readonly Access[]; readonly message: string }
  /** The API server does not tell: the controller goes on, and each request finds out by itself. */
  | { readonly kind: 'unknown'; readonly message: string }

export interface AccessCheckOptions {
  /** Of the controller: its turn among others. */
  readonly user: string
  /** Undefined: the host's own identity. */
  readonly as: string | undefined
  readonly clock: Clock
  readonly reviews: Pick<AccessReviews, 'isAllowed' | 'whoAmI'>
  /** As of now; what it throws is a reason not to know. */
  needs(): Promise<readonly Need[]>
  onState(): void
}

/**
 * Whether a controller's identity has the rights that its entry and its handler call for. What is missing is asked for
 * again until it is there; who has no answer is not held up.
 */
export class AccessCheck {
  readonly #options: AccessCheckOptions
  readonly #lifetime = new AbortController()
  #state: AccessState = { kind: 'checking' }
  /** A check that the controller waits for has not ended. */
  #isHeld = true
  /** A request was refused since the last check. */
  #isSuspect = false
  /** Granted since the last whole check: not asked for again while others are missing. */
  readonly #granted = new Set<string>()
  #isDue = false
  #running: Promise<void> | undefined
  #checkedAtMs = Number.NEGATIVE_INFINITY
  /** Checks without an answer, in a row. */
  #failures = 0
  #cancelNext: (() => void) | undefined

  constructor(options: AccessCheckOptions) {
    this.#options = options
  }

  get state(): AccessState {
    return this.#state
  }

  /** The controller waits for a check. */
  get isHeld(): boolean {
    return this.#isHeld
  }

  /** Another state may follow, as there is reason to ask. */
  get isInDoubt(): boolean {
    return this.#isHeld || this.#isSuspect
  }

  /** Looks at everything anew; `hold`: the controller waits for this one. */
  check({ hold = false } = {}): void {
    if (this.#lifetime.signal.aborted) return
    this.#isHeld ||= hold
    this.#granted.clear()
    this.#start()
  }

  /** The API server refused a request: maybe a right has been taken away. Once in a while only. */
  suspect(): void {
    // In other states it is asked again anyway.
    if (this.#state.kind !== 'granted' || this.#isSuspect || this.#lifetime.signal.aborted) return
    this.#isSuspect = true
    this.#granted.clear()
    this.#checkIn(Math.max(0, this.#checkedAtMs + RECHECK_MS - this.#options.clock.now()))
  }

  stop(): void {
    this.#lifetime.abort(new Error('The controller was stopped'))
    this.#cancelNext?.()
  }

  #start(): void {
    this.#cancelNext?.()
    this.#cancelNext = undefined
    this.#isDue = true
    this.#running ??= this.#run()
  }

  #checkIn(delayMs: number): void {
    this.#cancelNext?.()
    this.#cancelNext = this.#options.clock.after(delayMs, () => this.#start())
  }

  async #run(): Promise<void> {
    let state: AccessState = this.#state
    while (this.#isDue && !this.#lifetime.signal.aborted) {
      this.#isDue = false
      state = await this.#look()
    }
    this.#running = undefined
    if (this.#lifetime.signal.aborted) return
    this.#checkedAtMs = this.#options.clock.now()
    this.#failures = state.kind === 'unknown' ? this.#failures + 1 : 0
    this.#state = state
    this.#isHeld = false
    this.#isSuspect = false
    const delayMs = this.#delayAfter(state)
    if (delayMs !== undefined) this.#checkIn(delayMs)
    this.#options.onState()
  }

  #delayAfter(state: AccessState): number | undefined {
    if (state.kind === 'missing') return RECHECK_MS
    if (state.kind === 'unknown') return Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), RECHECK_MS)
    return 'message' in state ? OPTIONAL_RECHECK_MS : undefined
  }

  /** Not longer than a controller can be made to wait. */
  async #look(): Promise<AccessState> {
    const limit = new AbortController()
    const late = new Error(`no answer within ${LOOK_MS / 1000} s`)
    const cancel = this.#options.clock.after(LOOK_MS, () => limit.abort(late))
    const signal = AbortSignal.any([limit.signal, this.#lifetime.signal])
    try {
      return await this.#ask(signal)
    } catch (error) {
      return { kind: 'unknown', message: `Cannot ask the API server which rights are missing: ${messageOf(error)}` }
    } finally {
      cancel()
    }
  }

  async #ask(signal: AbortSignal): Promise<AccessState> {
    const { as, user } = this.#options
    const needs = await abortable(this.#options.needs(), signal)
    try {
      await this.#review({ as, user, signal }, needs)
    } catch (error) {
      const forbidden = isForbidden(error) ? await this.#missingImpersonation(signal) : undefined
      if (forbidden === undefined) throw error
      return forbidden
    }
    const missing = missingOf(needs, (access) => this.#granted.has(idOfAccess(access)))
    if (missing.length === 0) return { kind: 'granted' }
    const required = missing.filter(({ isOptional }) => !isOptional).map(({ access }) => access)
    const told = required.length > 0 ? required : missing.map(({ access }) => access)
    const message = sayMissing(await this.#who(signal), told)
    return required.length > 0
      ? { kind: 'missing', missing: required, message }
      : { kind: 'granted', message: `events are not recorded: ${message}` }
  }

  async #review(asker: Asker, needs: readonly Need[]): Promise<void> {
    const stop = new AbortController()
    const signal = AbortSignal.any([asker.signal, stop.signal])
    const open = new Map(needs.map(({ access }) => [idOfAccess(access), access]))
    const workers = new PQueue({ concurrency: REVIEWS_AT_ONCE })
    const review = async ([id, access]: [string, Access]) => {
      signal.throwIfAborted()
      if (this.#granted.has(id)) return
      if (await this.#options.reviews.isAllowed({ ...asker, signal }, access)) this.#granted.add(id)
    }
    try {
      await workers.addAll([...open].map((each) => () => review(each)))
    } finally {
      // After one that failed the rest is of no use.
      workers.clear()
      stop.abort(new Error('Another question failed'))
    }
  }

  /** What the API server refuses to be asked as another it may refuse for the host's own lack of a right. */
  async #missingImpersonation(signal: AbortSignal): Promise<AccessState | undefined> {
    const { as, user, reviews } = this.#options
    const identity = as === undefined ? undefined : parseIdentity(as)
    if (identity === undefined) return undefined
    const access = impersonationOf(identity)
    if (await reviews.isAllowed({ as: undefined, user, signal }, access)) return undefined
    const name = await reviews.whoAmI({ user, signal })
    const host = name === undefined ? undefined : parseIdentity(name)
    return { kind: 'missing', missing: [access], message: `${sayMissing(host, [access])}, to act as "${as}"` }
  }

  async #who(signal: AbortSignal) {
    const { as, user, reviews } = this.#options
    const name = as ?? (await reviews.whoAmI({ user, signal }))
    return name === undefined ? undefined : parseIdentity(name)
  }
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const onAbort = () => aborted.reject(signal.reason)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener('abort', onAbort))
}

/** As long as a forbidden watch waits: rights change by a person's hand. */
const RECHECK_MS = 30_000
/** Nothing waits for these. */
const OPTIONAL_RECHECK_MS = 300_000
const FIRST_RETRY_MS = 1000
/** A controller is not held up longer by an API server that does not answer. */
const LOOK_MS = 15_000
/** Of one controller; few beside the 18 requests that its handler may have under way. */
const REVIEWS_AT_ONCE = 4
