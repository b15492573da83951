import { RuntimeError } from '../errors.ts'
import type { Clock } from '../util/clock.ts'
import { messageOf } from '../util/message-of.ts'
import type { Death } from './death.ts'
import { Guest } from './guest.ts'
import { createGuestFolder, type GuestFolder } from './guest-folder.ts'
import { createLaunch, type Launch } from './guest-process.ts'
import { DEFAULT_LIMITS, type GuestLimits } from './limits.ts'
import { type Reaper, startReaper } from './reaper.ts'
import { restartDelayMs } from './restart-backoff.ts'

export interface GuestPoolOptions {
  readonly clock: Clock
  /** The guest's one file of code: made at start in development, read from its file in production. */
  readonly guestCode: () => Promise<string>
  readonly limits?: GuestLimits
  /** Hears what is wrong with the pool itself; it goes on as well as it can. */
  readonly onWarning?: (message: string) => void
}

/** What a sandbox needs of a pool. */
export interface GuestSource {
  readonly limits: GuestLimits
  /** Keeps a spare of this size from now on, until the answer is called. */
  use(memoryBytes: number): () => void
  /** A guest that can load: the spare, if there is one, else a new one. Throws RuntimeError SANDBOX_DIED when none starts. */
  take(memoryBytes: number): Promise<Guest>
}

interface Slot {
  users: number
  spare: Guest | undefined
  /** Spares in a row that ended without being taken. */
  failures: number
  cancelRefill: () => void
}

/** After a spare was taken its successor waits this long: who took it needs the processor now. */
const REFILL_MS = 200
const CLOSED: Death = { cause: 'closed', message: 'no longer needed' }

/** Starts guests, and keeps one started ahead for each memory size in use; when it closes, or the host dies, all of them end. */
export class GuestPool implements GuestSource {
  readonly limits: GuestLimits
  readonly #clock: Clock
  readonly #guestCode: () => Promise<string>
  readonly #onWarning: (message: string) => void
  /** By memory size in bytes; each has users. */
  readonly #slots = new Map<number, Slot>()
  /** All that live, spares and taken ones. */
  readonly #guests = new Set<Guest>()
  #ground: Promise<Launch> | undefined
  #folder: GuestFolder | undefined
  #reaper: Reaper | undefined
  #closed = false

  constructor({ clock, guestCode, limits = DEFAULT_LIMITS, onWarning = () => {} }: GuestPoolOptions) {
    this.#clock = clock
    this.#guestCode = guestCode
    this.limits = limits
    this.#onWarning = onWarning
  }

  use(memoryBytes: number): () => void {
    const slot = this.#slots.get(memoryBytes) ?? this.#addSlot(memoryBytes)
    slot.users++
    let released = false
    return () => {
      if (released) return
      released = true
      if (--slot.users === 0) this.#removeSlot(memoryBytes, slot)
    }
  }

  async take(memoryBytes: number): Promise<Guest> {
    const slot = this.#slots.get(memoryBytes)
    const spare = slot?.spare
    if (slot !== undefined && spare !== undefined) {
      slot.spare = undefined
      slot.failures = 0
      this.#refill(memoryBytes, slot, REFILL_MS)
      if (await isBooted(spare)) return spare
    }
    const guest = await this.#start(memoryBytes)
    await guest.booted
    return guest
  }

  /** Kills every guest and resolves when they are gone. */
  async close(): Promise<void> {
    this.#closed = true
    for (const [memoryBytes, slot] of [...this.#slots]) this.#removeSlot(memoryBytes, slot)
    await this.#ground?.catch(() => {})
    for (const guest of this.#guests) guest.kill(CLOSED)
    await Promise.all([...this.#guests].map((guest) => guest.ended))
    this.#reaper?.close()
    this.#folder?.remove()
  }

  #addSlot(memoryBytes: number): Slot {
    const slot: Slot = { users: 0, spare: undefined, failures: 0, cancelRefill: () => {} }
    this.#slots.set(memoryBytes, slot)
    this.#refill(memoryBytes, slot, 0)
    return slot
  }

  #removeSlot(memoryBytes: number, slot: Slot): void {
    if (this.#slots.get(memoryBytes) === slot) this.#slots.delete(memoryBytes)
    slot.cancelRefill()
    slot.spare?.kill(CLOSED)
    slot.spare = undefined
  }

  #refill(memoryBytes: number, slot: Slot, delayMs: number): void {
    slot.cancelRefill()
    slot.cancelRefill = this.#clock.after(delayMs, () => {
      if (!this.#isMissing(memoryBytes, slot)) return
      this.#start(memoryBytes).then(
        (guest) => this.#keep(memoryBytes, slot, guest),
        // Nobody misses one that could not start because the pool was closed meanwhile.
        (error) => this.#isMissing(memoryBytes, slot) && this.#retry(memoryBytes, slot, messageOf(error)),
      )
    })
  }

  #keep(memoryBytes: number, slot: Slot, guest: Guest): void {
    if (!this.#isMissing(memoryBytes, slot)) return guest.kill(CLOSED)
    slot.spare = guest
    void guest.ended.then((death) => {
      if (slot.spare !== guest) return
      slot.spare = undefined
      this.#retry(memoryBytes, slot, death.message)
    })
  }

  #retry(memoryBytes: number, slot: Slot, why: string): void {
    const delayMs = restartDelayMs(++slot.failures)
    this.#onWarning(`Cannot keep a spare guest: ${why}; next try in ${delayMs / 1000} s`)
    this.#refill(memoryBytes, slot, delayMs)
  }

  #isMissing(memoryBytes: number, slot: Slot): boolean {
    return !this.#closed && this.#slots.get(memoryBytes) === slot && slot.spare === undefined
  }

  async #start(memoryBytes: number): Promise<Guest> {
    const launch = await this.#prepare()
    if (this.#closed) throw new RuntimeError('SHUTTING_DOWN', 'Cannot start a guest: the pool is closed')
    const guest = new Guest({ launch, memoryBytes, clock: this.#clock, limits: this.limits })
    this.#guests.add(guest)
    void guest.ended.then(() => this.#guests.delete(guest))
    return guest
  }

  /** The folder and the reaper, made when the first guest is needed; what failed is tried again with the next one. */
  #prepare(): Promise<Launch> {
    this.#ground ??= this.#layGround().catch((error) => {
      this.#ground = undefined
      throw error
    })
    return this.#ground
  }

  async #layGround(): Promise<Launch> {
    const folder = createGuestFolder(await this.#guestCode())
    const reaper = startReaper(folder.path, this.#clock, this.#onWarning)
    this.#folder = folder
    this.#reaper = reaper
    const { entry, cwd } = folder
    return createLaunch({ entry, cwd, onStarted: (pid) => reaper.add(pid), onEnded: (pid) => reaper.remove(pid) })
  }
}

async function isBooted(guest: Guest): Promise<boolean> {
  try {
    await guest.booted
    return guest.alive
  } catch {
    return false
  }
}
