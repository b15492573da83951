import type { StreamSink } from '../http/answer.ts'

/** What a client that is behind may keep waiting, in characters of events; then it is cut off, and lists anew. */
const MAX_PENDING_LENGTH = 16 * 1024 * 1024

/** A line to be written: its size before it is made, and how it is made. */
export interface PendingLine {
  readonly length: number
  /** undefined: nothing to tell after all. */
  make(): string | undefined | Promise<string | undefined>
}

/**
 * The lines of one watch, in order, as fast as its client reads them. What is waiting is kept unmade: it costs a reference
 * to what is stored anyway.
 */
export class WatchStream {
  readonly #sink: StreamSink
  readonly #onFailure: (error: unknown) => void
  /** Oldest first, from #next on. */
  #pending: PendingLine[] = []
  #next = 0
  /** Of what came live and waits; what was there at the start is not counted. */
  #pendingLength = 0
  /** A line is being made, or the client is behind: what ends that goes on with #pump(). */
  #isWaiting = false
  #endsWhenDrained = false
  /** Cut off: nothing is kept or made any more. */
  #isCut = false

  constructor(sink: StreamSink, onFailure: (error: unknown) => void) {
    this.#sink = sink
    this.#onFailure = onFailure
    sink.onDrain(() => {
      this.#isWaiting = false
      this.#pump()
    })
  }

  /** All at once, whatever their size. */
  pushInitial(lines: readonly PendingLine[]): void {
    for (const line of lines) this.#pending.push({ length: 0, make: () => line.make() })
    this.#pump()
  }

  push(line: PendingLine): void {
    if (this.#isCut) return
    this.#pendingLength += line.length
    if (this.#pendingLength > MAX_PENDING_LENGTH) return this.#cut()
    this.#pending.push(line)
    this.#pump()
  }

  /** After what waits. */
  end(): void {
    this.#endsWhenDrained = true
    this.#pump()
  }

  #cut(): void {
    this.#isCut = true
    this.#pending = []
    this.#next = 0
    this.#sink.destroy()
  }

  #pump(): void {
    while (!this.#isWaiting) {
      const line = this.#take()
      if (line === undefined) {
        if (this.#endsWhenDrained) this.#sink.end()
        return
      }
      const made = line.make()
      if (made instanceof Promise) this.#await(made)
      else this.#write(made)
    }
  }

  #take(): PendingLine | undefined {
    const line = this.#pending[this.#next]
    if (line === undefined) return undefined
    this.#next++
    this.#pendingLength -= line.length
    if (this.#next === this.#pending.length || this.#next > 1024) {
      this.#pending = this.#pending.slice(this.#next)
      this.#next = 0
    }
    return line
  }

  #write(text: string | undefined): void {
    if (text !== undefined && !this.#sink.write(text)) this.#isWaiting = true
  }

  #await(made: Promise<string | undefined>): void {
    this.#isWaiting = true
    made.then(
      (text) => {
        this.#isWaiting = false
        this.#write(text)
        this.#pump()
      },
      (error: unknown) => this.#onFailure(error),
    )
  }
}
