import type { SeededRandom } from './seeded-random.ts'

/** How an open watch goes wrong at its next event. */
export const WATCH_FAULTS = {
  /** Stays open and never says another byte. */
  silence: 4,
  /** Half of an object, then a reset, or an end in good order. */
  cutByReset: 6,
  cutCleanly: 6,
  reset: 4,
  end: 4,
  /** An ERROR event with 410 in it, or with 500. */
  gone: 6,
  serverError: 4,
  /** A line that is no JSON. */
  garbage: 3,
  /** The next object a byte at a time. */
  slow: 10,
  /** The next two events in each other's place. */
  swapped: 8,
  /** The event twice. */
  repeated: 8,
  /** The event, and after it one from long before. */
  replayed: 8,
} as const

/** How a request is answered, or not, instead of being passed on. */
export const REFUSALS = {
  gone: 8,
  /** 429 with a Retry-After, and without. */
  tooManyWait: 3,
  tooMany: 3,
  /** 500 as the API server itself says it; the others as a load balancer does, in HTML. */
  internal: 3,
  badGateway: 2,
  unavailable: 2,
  unavailableWait: 2,
  gatewayTimeout: 2,
  reset: 4,
  neverAnswered: 1,
} as const

/** What happens to the body of a page of a list. */
export const BODY_FAULTS = { cut: 4, slow: 4, silence: 1 } as const

/** How a write, or a read of one object, goes wrong. `lost…`: it has reached the API server, which has acted. */
export const EXCHANGE_FAULTS = {
  lostByReset: 10,
  lostInSilence: 2,
  lostInHalf: 6,
  slow: 6,
  reset: 6,
  tooManyWait: 4,
  tooMany: 4,
  internal: 5,
  badGateway: 3,
  unavailable: 3,
  unavailableWait: 3,
  gatewayTimeout: 2,
  neverAnswered: 1,
} as const

/** What befalls all requests at once. */
export const OUTAGES = {
  /** Every connection is reset. */
  drop: 6,
  /** Nothing listens for a while. */
  refuse: 3,
  /** Every request is answered with 429 for a while, with a Retry-After or without. */
  stormWait: 4,
  storm: 4,
  /** Another certificate by another CA; the file changes before the server does, or after it. */
  certificateFileFirst: 2,
  certificateServerFirst: 2,
  /** The old token is refused; its file has changed before, or changes later. */
  tokenFileFirst: 2,
  tokenServerFirst: 2,
} as const

export type WatchFault = keyof typeof WATCH_FAULTS
export type Refusal = keyof typeof REFUSALS
export type BodyFault = keyof typeof BODY_FAULTS
export type ExchangeFault = keyof typeof EXCHANGE_FAULTS
export type Outage = keyof typeof OUTAGES

/** Which of the informers' requests a refusal is for. */
export const PLACES = { watch: 6, streamedList: 3, page: 2, nextPage: 2 } as const
export type Place = keyof typeof PLACES

export type Fault =
  | { readonly at: 'watchEvent'; readonly kind: WatchFault }
  | { readonly at: Place; readonly kind: Refusal | BodyFault }
  | { readonly at: 'exchange'; readonly kind: ExchangeFault }
  | { readonly at: 'all'; readonly kind: Outage; readonly forMs: number }

/** A step of a run; `object` is an index, and `draw` decides what the step leaves open. */
export type Step =
  | { readonly does: 'change'; readonly kind: Change; readonly object: number; readonly draw: number }
  | { readonly does: 'fault'; readonly fault: Fault }

export const CHANGES = { resize: 70, remake: 10, remove: 7, label: 6, foreignStatus: 7 } as const
export type Change = keyof typeof CHANGES

/** Without an end; the same for the same seed. */
export function* script(random: SeededRandom, objects: number): Generator<Step, never> {
  for (;;) {
    if (random.next() < 0.55) {
      yield { does: 'change', kind: random.weighted(CHANGES), object: random.below(objects), draw: random.below(1000) }
    } else yield { does: 'fault', fault: drawFault(random) }
  }
}

function drawFault(random: SeededRandom): Fault {
  const at = random.weighted({ watchEvent: 28, list: 20, exchange: 50, all: 1.2 })
  if (at === 'watchEvent') return { at, kind: random.weighted(WATCH_FAULTS) }
  if (at === 'exchange') return { at, kind: random.weighted(EXCHANGE_FAULTS) }
  if (at === 'all') return { at, kind: random.weighted(OUTAGES), forMs: 50 + random.below(450) }
  const place = random.weighted(PLACES)
  const hasBody = place === 'page' || place === 'nextPage'
  const kind = hasBody && random.next() < 0.3 ? random.weighted(BODY_FAULTS) : random.weighted(REFUSALS)
  return { at: place, kind }
}

export function nameOf({ at, kind }: Fault): string {
  return `${at}.${kind}`
}
