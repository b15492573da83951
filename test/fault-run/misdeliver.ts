import type { IncomingMessage, ServerResponse } from 'node:http'
import { createLineSplitter } from '../../runtime/informer/line-splitter.ts'
import type { WatchFault } from './faults.ts'
import { errorEvent } from './refuse.ts'
import { trickle } from './trickle.ts'

export interface MisdeliverOptions {
  /** The order of events counts only once all initial ones are there. */
  readonly isStreamedList: boolean
  /** What is to happen at the next event. */
  fault(): WatchFault | undefined
}

/** Events of a stream that may come again. */
const REMEMBERED = 40
/** An event waits so long for the one that is to overtake it. */
const SWAP_WAIT_MS = 300

const ORDER_FAULTS: ReadonlySet<WatchFault> = new Set(['swapped', 'replayed'])

/** Passes a watch on, event by event, and does to each what is asked for. Resolves once nothing more will be written. */
export async function misdeliver(
  upstream: IncomingMessage,
  response: ServerResponse,
  { isStreamedList, fault }: MisdeliverOptions,
): Promise<void> {
  const past: string[] = []
  let isLive = !isStreamedList
  /** An event, written already or not, that the next one is to overtake. */
  let held: { readonly line: string; readonly timer: NodeJS.Timeout } | undefined
  const letGo = (before = '') => {
    if (held === undefined) return before
    clearTimeout(held.timer)
    const lines = before + held.line
    held = undefined
    return lines
  }
  try {
    for await (const line of linesOf(upstream)) {
      if (response.destroyed) return
      // In one write with what overtakes it: cut in between, the host could not know of it.
      if (held !== undefined) response.write(letGo(line))
      else if ((await deliver(line)) === 'over') return
      if (line.includes('"k8s.io/initial-events-end"')) isLive = true
      if (isLive) past.push(line)
      if (past.length > REMEMBERED) past.shift()
    }
    response.end(letGo())
  } catch {
    response.destroy()
  } finally {
    clearTimeout(held?.timer)
  }

  /** `over`: the stream has been brought to an end, or to silence. */
  async function deliver(line: string): Promise<'over' | undefined> {
    const kind = fault()
    const half = line.slice(0, line.length / 2)
    if (kind === undefined || (ORDER_FAULTS.has(kind) && !isLive)) return void response.write(line)
    switch (kind) {
      case 'silence':
        return 'over'
      case 'cutByReset':
        response.write(half, () => response.destroy())
        return 'over'
      case 'cutCleanly':
        response.end(half)
        return 'over'
      case 'reset':
        response.destroy()
        return 'over'
      case 'end':
        response.end()
        return 'over'
      case 'gone':
        response.end(errorEvent(410, 'Expired'))
        return 'over'
      case 'serverError':
        response.end(errorEvent(500, 'InternalError'))
        return 'over'
      case 'garbage':
        response.end('{"type":"MODIFIED","object":<html>\n')
        return 'over'
      case 'slow':
        return void (await trickle(response, Buffer.from(line)))
      case 'swapped':
        held = { line, timer: setTimeout(() => response.write(letGo()), SWAP_WAIT_MS) }
        return undefined
      case 'repeated':
        return void response.write(line + line)
      case 'replayed':
        return void response.write(line + (past[0] ?? line))
      default:
        return kind satisfies never
    }
  }
}

async function* linesOf(upstream: IncomingMessage): AsyncGenerator<string> {
  const splitter = createLineSplitter()
  for await (const chunk of upstream) for (const line of splitter.push(chunk as Buffer)) yield `${line}\n`
}
