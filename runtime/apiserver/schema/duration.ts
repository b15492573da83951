const GO_UNITS_IN_NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
}

/** Words that go-openapi reads as units, beside Go's own. */
const WORD =
  /^\s*(\d+)\s*(ns|nanos?|nanoseconds?|us|µs|micros?|microseconds?|ms|millis?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)\s*$/

/** A duration as Go's time.ParseDuration reads it, in nanoseconds; undefined when it is none. */
export function parseGoDuration(text: string): number | undefined {
  const match = /^([+-]?)((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.exec(text)
  if (text === '0' || text === '+0' || text === '-0') return 0
  if (match === null) return undefined
  let total = 0
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g))
    total += Number(amount) * (GO_UNITS_IN_NANOSECONDS[unit] ?? 0)
  return match[1] === '-' ? -total : total
}

/** `22 ns`, `1h30m`, `3 days`: the format `duration`. */
export function isValidDuration(text: string): boolean {
  return parseGoDuration(text) !== undefined || WORD.test(text)
}
