/** Why a guest process ended. */
export interface Death {
  /** One word of a closed list, fit for a metric's label. */
  readonly cause: DeathCause
  /** One line for people, with the figure in question. */
  readonly message: string
}

export type DeathCause =
  /** Heap or private memory above the limit. */
  | 'memory'
  /** The event loop did not turn. */
  | 'silent'
  /** A call ran on after its timeout. */
  | 'overdue'
  /** Frames that are none, or out of place. */
  | 'protocol'
  /** Not ready, or not loaded, in time. */
  | 'slow'
  /** It ended by itself. */
  | 'exit'
  /** A signal that the host did not send. */
  | 'signal'
  /** A newer bundle took over. */
  | 'replaced'
  /** The host is done with it. */
  | 'closed'

/** Node.js prints one of these before it aborts. */
const OUT_OF_MEMORY = /heap out of memory|Fatal JavaScript (?:invalid size|out of memory)|Fatal process out of memory/
const SAID_BY_GUEST = /^ostler-guest: (.*)$/m

/**
 * Names the death of a process that the host did not kill.
 * in:      the exit code or the signal, one of them null · what the process wrote to stderr · its heap limit in MiB
 */
export function nameDeath(code: number | null, signal: string | null, stderr: string, heapMb: number): Death {
  if (OUT_OF_MEMORY.test(stderr)) return { cause: 'memory', message: `out of memory: the heap limit is ${heapMb} MiB` }
  if (signal === 'SIGKILL') {
    return { cause: 'signal', message: 'killed by SIGKILL from outside, perhaps by the kernel for want of memory' }
  }
  if (signal !== null) return { cause: 'signal', message: `killed by ${signal}` }
  const said = SAID_BY_GUEST.exec(stderr)?.[1]
  return {
    cause: 'exit',
    message: said === undefined ? `exited with code ${code}` : `exited with code ${code}: ${said}`,
  }
}
