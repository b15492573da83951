import type { Clock } from '../util/clock.ts'

export interface BackgroundOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** It failed, and runs again after a while. */
  onFailure(error: unknown): void
  run(): Promise<void>
}

/** A task beside the workers: it runs once at a time, once more when asked for meanwhile, and again until it succeeds. */
export class Background {
  readonly #options: BackgroundOptions
  #running: Promise<void> | undefined
  #isDue = false

  constructor(options: BackgroundOptions) {
    this.#options = options
  }

  /** Resolves when it does not run. */
  get idle(): Promise<void> {
    return this.#running ?? Promise.resolve()
  }

  start(): void {
    this.#isDue = true
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    const { clock, signal, onFailure, run } = this.#options
    let delayMs = FIRST_DELAY_MS
    while (this.#isDue && !signal.aborted) {
      this.#isDue = false
      try {
        await run()
        delayMs = FIRST_DELAY_MS
      } catch (error) {
        this.#isDue = true
        if (!signal.aborted) onFailure(error)
        await clock.sleep(delayMs, signal).catch(() => {})
        delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)
      }
    }
    this.#running = undefined
  }
}

const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 30_000
