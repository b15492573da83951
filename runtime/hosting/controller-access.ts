import type { ControllerConfig } from '../config/schema.ts'
import { AccessCheck } from '../controller/access-check.ts'
import { neededAccess } from '../controller/needed-access.ts'
import type { Scope } from '../controller/scopes.ts'
import type { InformerState } from '../informer/informer.ts'
import type { AccessReviews } from '../kube/access-reviews.ts'
import type { Discovery } from '../kube/discovery.ts'
import type { Clock } from '../util/clock.ts'
import { forbiddenOf } from './hosted-state.ts'

export interface ControllerAccessOptions {
  readonly clock: Clock
  readonly reviews: AccessReviews
  readonly discovery: Discovery
  readonly log: { info(message: string): void; warn(message: string): void }
  readonly name: string
  readonly as: string | undefined
  /** The entry as the config file has it now. */
  config(): ControllerConfig
  /** Of the bundle that runs. */
  exports(): readonly string[]
  /** Of the primaries, and all that it follows. */
  readonly primaryScopes: readonly Scope[]
  scopes(): readonly Scope[]
  onChange(): void
}

/** Whether one controller may do what its entry and its handler call for, and what is said of that. */
export class ControllerAccess {
  readonly #options: ControllerAccessOptions
  readonly #check: AccessCheck
  /** A kind that it follows or names was not served when it was looked for. */
  #awaitsKind = false
  /** What was last said of rights. */
  #said = ''

  constructor(options: ControllerAccessOptions) {
    this.#options = options
    const { name: user, as, clock, reviews } = options
    const onState = () => {
      this.#say()
      options.onChange()
    }
    this.#check = new AccessCheck({ user, as, clock, reviews, needs: () => this.#needs(), onState })
  }

  get state(): AccessCheck['state'] {
    return this.#check.state
  }

  get isHeld(): boolean {
    return this.#check.isHeld
  }

  /** A namespace that it never could read holds up no other one: nothing of it is in the cache, and nothing of it runs. */
  get isEnough(): boolean {
    const { state, isHeld } = this.#check
    if (isHeld) return false
    if (state.kind !== 'missing') return true
    const unread = this.#options.primaryScopes.filter(
      ({ informer }) => informer.state.kind === 'Forbidden' && !informer.hasSynced,
    )
    const isElsewhere = (namespace: string | undefined) => unread.some((scope) => scope.namespace === namespace)
    return state.missing.every(
      (access) => 'namespace' in access && access.namespace !== undefined && isElsewhere(access.namespace),
    )
  }

  /** Looks at everything anew; `hold`: the controller waits for this one. */
  check(options: { hold?: boolean } = {}): void {
    this.#check.check(options)
  }

  /** A request was refused. */
  suspect(): void {
    this.#check.suspect()
  }

  stop(): void {
    this.#check.stop()
  }

  /** Something that it follows has come into this state. */
  onScopeState(state: InformerState): void {
    if (state.kind === 'WaitingForCRD') this.#awaitsKind = true
    if (state.kind === 'Forbidden') this.#check.suspect()
    else if ('message' in state) this.#options.log.warn(`${state.kind}: ${state.message}`)
    else if (this.#awaitsKind) {
      // What it needs for a kind can be asked for once the kind is there.
      this.#awaitsKind = false
      this.#check.check({ hold: true })
    }
    this.#say()
  }

  #needs(): ReturnType<typeof neededAccess> {
    const { config, exports, discovery } = this.#options
    return neededAccess({
      config: config(),
      exports: exports(),
      resolve: async (gvk) => {
        const resource = await discovery.resolve(gvk)
        this.#awaitsKind ||= resource === undefined
        return resource
      },
    })
  }

  /** Once for each change, and by the whole that is missing rather than by each watch that was refused for it. */
  #say(): void {
    const { log, scopes } = this.#options
    const { state, isInDoubt } = this.#check
    if (isInDoubt) return
    const forbidden = forbiddenOf({ scopes: scopes(), access: this.#check })
    const trouble = forbidden === undefined ? ('message' in state ? state.message : '') : `Forbidden: ${forbidden}`
    const wasForbidden = this.#said.startsWith('Forbidden')
    // A watch that is yet to find out what has been granted is no news.
    if (trouble === this.#said || (wasForbidden && forbidden !== undefined && state.kind === 'granted')) return
    this.#said = trouble
    if (trouble !== '') log.warn(trouble)
    else if (wasForbidden) log.info('No longer forbidden')
  }
}
