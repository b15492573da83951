import type { Clock } from '../util/clock.ts'
import { sayError } from '../util/say-error.ts'
import type { Logger } from './log.ts'
import { cut } from './log-fields.ts'

/** What went wrong with one object, with one controller, or with the host: the newest line about it. */
export interface Trouble {
  readonly level: 'warn' | 'error'
  readonly controller?: string
  readonly key?: string
  readonly message: string
  /** Milliseconds since the epoch, of the newest. */
  readonly at: number
  /** Lines about the same controller and key, this one included. */
  readonly count: number
}

/** More than a page shows at a glance; the rest is in the logs. The one that was quiet longest makes room. */
const MAX_TROUBLES = 100
const MAX_MESSAGE_BYTES = 1024

/** The last warnings and errors, one for each controller and key, whatever the level of the log. */
export class Troubles {
  readonly #clock: Pick<Clock, 'now'>
  /** By controller and key, in the order of their newest lines. */
  readonly #troubles = new Map<string, Trouble>()

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Newest first. */
  list(): Trouble[] {
    return [...this.#troubles.values()].reverse()
  }

  /** The same logger, whose warnings and errors are kept here too. */
  listen(log: Logger, fixed: Readonly<Record<string, unknown>> = {}): Logger {
    const keep = (level: Trouble['level'], message: string, fields: object) =>
      this.#keep(level, message, { ...fields, ...fixed })
    return {
      debug: log.debug,
      info: log.info,
      warn: (message, fields = {}) => {
        keep('warn', message, fields)
        log.warn(message, fields)
      },
      error: (message, fields = {}) => {
        keep('error', message, fields)
        log.error(message, fields)
      },
      child: (fields) => this.listen(log.child(fields), { ...fields, ...fixed }),
    }
  }

  #keep(level: Trouble['level'], message: string, fields: Readonly<Record<string, unknown>>): void {
    const { controller, key, error } = fields
    const id = JSON.stringify([controller, key])
    const count = (this.#troubles.get(id)?.count ?? 0) + 1
    // Put at the end again, as the newest.
    this.#troubles.delete(id)
    const whole = error instanceof Error ? `${message}: ${sayError(error)}` : message
    this.#troubles.set(id, {
      level,
      message: cut(whole, MAX_MESSAGE_BYTES),
      at: this.#clock.now(),
      count,
      ...(typeof controller === 'string' && { controller }),
      ...(typeof key === 'string' && { key }),
    })
    const [oldest] = this.#troubles.keys()
    if (this.#troubles.size > MAX_TROUBLES && oldest !== undefined) this.#troubles.delete(oldest)
  }
}
