import { inspectConfig, type NamedHandler } from '../config/load.ts'
import { assertExports } from '../controller/handler-exports.ts'
import { type Fault, RuntimeError } from '../errors.ts'
import { bundleHandler } from '../sandbox/bundle.ts'
import { guestCode } from '../sandbox/guest-code.ts'
import { GuestPool } from '../sandbox/guest-pool.ts'
import { realClock } from '../util/clock.ts'
import { messageOf } from '../util/message-of.ts'

export interface Findings {
  /** The config's. */
  readonly file: string
  /** In the order of config, then handlers; each once, however many entries share a handler. */
  readonly faults: readonly Fault[]
  /** How many handlers were looked at. */
  readonly handlers: number
}

/**
 * Finds every fault of a config and its handlers: the handlers are bundled and loaded in a guest, without a cluster.
 * errors:  CONFIG_NOT_FOUND; all else is a fault in the answer
 */
export async function findFaults(options: { file: string | undefined; cwd: string }): Promise<Findings> {
  const { file, dir, faults, handlers } = await inspectConfig(options)
  const pool = new GuestPool({ clock: realClock, guestCode })
  try {
    const files = [...new Set(handlers.map(({ handler }) => handler))]
    const found = await Promise.all(files.map((handler) => faultsOf(handler, mappersOf(handlers, handler), dir, pool)))
    return { file, faults: [...faults, ...found.flat()], handlers: files.length }
  } finally {
    await pool.close()
  }
}

/** Of all entries that share the handler. */
function mappersOf(handlers: readonly NamedHandler[], file: string): string[] {
  return [...new Set(handlers.flatMap(({ handler, mappers }) => (handler === file ? mappers : [])))]
}

async function faultsOf(
  handler: string,
  mappers: readonly string[],
  configDir: string,
  pool: GuestPool,
): Promise<readonly Fault[]> {
  try {
    const bundle = await bundleHandler({ file: handler, configDir })
    const guest = await pool.take(GUEST_MEMORY_BYTES)
    assertExports(handler, await guest.load(bundle, () => {}), mappers)
    return []
  } catch (error) {
    const faults = error instanceof RuntimeError ? error.faults : []
    return faults.length > 0 ? faults : [{ file: handler, line: 1, column: 1, message: messageOf(error) }]
  }
}

/** The default of the config's `memory`. */
const GUEST_MEMORY_BYTES = 128 * 1024 * 1024
