/** What a duration looks like, as a JSON Schema pattern: hours, minutes, seconds, milliseconds, in this order. */
export const DURATION_PATTERN =
  '^(?=[0-9])(?:[0-9]+(?:\\.[0-9]+)?h)?(?:[0-9]+(?:\\.[0-9]+)?m)?(?:[0-9]+(?:\\.[0-9]+)?s)?(?:[0-9]+(?:\\.[0-9]+)?ms)?$'

const PART = /([0-9.]+)(ms|h|m|s)/g
const UNIT_MS = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const
type Unit = keyof typeof UNIT_MS

const duration = new RegExp(DURATION_PATTERN)

/** Milliseconds of `500ms`, `1m30s`, `1.5h`, rounded; undefined for anything else, also for a bare number. */
export function parseDurationMs(text: string): number | undefined {
  if (!duration.test(text)) return undefined
  let ms = 0
  for (const [, amount, unit] of text.matchAll(PART)) ms += Number(amount) * UNIT_MS[unit as Unit]
  return Number.isSafeInteger(Math.round(ms)) ? Math.round(ms) : undefined
}

/** The shortest text that parseDurationMs() reads back as `ms`: 90_000 → `1m30s`, 0 → `0s`. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.round(ms))
  let text = ''
  for (const unit of ['h', 'm', 's', 'ms'] as const) {
    const amount = Math.floor(rest / UNIT_MS[unit])
    if (amount > 0) text += `${amount}${unit}`
    rest -= amount * UNIT_MS[unit]
  }
  return text === '' ? '0s' : text
}
