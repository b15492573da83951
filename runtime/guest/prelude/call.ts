import type { AbortController } from './abort.ts'
import type { Condition } from './conditions.ts'
import { SafeMap } from './primordials.ts'

/** What is kept for one call of the host, until it settles. */
export interface Call {
  readonly id: number
  readonly controller: AbortController
  readonly exportName: string
  /** By type, to be merged into the status that the call returns. */
  readonly conditions: Map<string, Condition>
  /** How many retryOnConflict are open, see there. */
  liveReads: number
  /** An API call of this one ended with 409: reads are live from then on. */
  hadConflict: boolean
  /** Host calls that wait or are under way. */
  openHostCalls: number
  settled: boolean
}

/** Calls that have not settled. */
export const calls: Map<number, Call> = new SafeMap<number, Call>()

/** The one call that runs, 0 when there is none or more than one. */
export function soleCall(): number {
  let sole = 0
  if (calls.size === 1)
    calls.forEach((_call, id) => {
      sole = id
    })
  return sole
}
