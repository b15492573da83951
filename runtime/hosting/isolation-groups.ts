import type { ControllerConfig } from '../config/schema.ts'
import { SharedProcess } from '../controller/suspects.ts'
import { GuestGroup, type GuestGroupOptions } from '../sandbox/guest-group.ts'

/** What controllers of one process share: the guest, and the blame for its death. */
export interface IsolationGroup {
  readonly of: ControllerConfig['isolation']
  readonly guests: GuestGroup
  readonly process: SharedProcess
  release(): void
}

interface Shared {
  readonly guests: GuestGroup
  readonly process: SharedProcess
  users: number
}

/** The groups of a host, by the names that `isolation` gives them; each is there while a controller uses it. */
export class IsolationGroups {
  readonly #options: GuestGroupOptions
  readonly #shared = new Map<string, Shared>()

  constructor(options: GuestGroupOptions) {
    this.#options = options
  }

  /** The named group, or for `process` one that nobody else will be in. */
  acquire(isolation: ControllerConfig['isolation']): IsolationGroup {
    if (isolation === 'process') return { ...this.#create(), of: isolation, release() {} }
    const { group } = isolation
    const shared = this.#shared.get(group) ?? this.#create()
    this.#shared.set(group, shared)
    shared.users++
    return {
      of: isolation,
      guests: shared.guests,
      process: shared.process,
      release: () => {
        if (--shared.users === 0) this.#shared.delete(group)
      },
    }
  }

  #create(): Shared {
    return { guests: new GuestGroup(this.#options), process: new SharedProcess(), users: 0 }
  }
}
