const SECOND_MS = 1000
const MINUTE_S = 60
const HOUR_S = 3600
const DAY_H = 24
const YEAR_H = DAY_H * 365

/**
 * An age as kubectl shows it: at most two units, the second one only while the first is small.
 * source: apimachinery pkg/util/duration/duration.go HumanDuration
 */
export function formatHumanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / SECOND_MS)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 2 * MINUTE_S) return `${seconds}s`
  const minutes = Math.trunc(seconds / MINUTE_S)
  if (minutes < 10) return withRest(minutes, 'm', seconds % MINUTE_S, 's')
  if (minutes < 3 * 60) return `${minutes}m`
  const hours = Math.trunc(seconds / HOUR_S)
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm')
  if (hours < 2 * DAY_H) return `${hours}h`
  if (hours < 8 * DAY_H) return withRest(Math.trunc(hours / DAY_H), 'd', hours % DAY_H, 'h')
  if (hours < 2 * YEAR_H) return `${Math.trunc(hours / DAY_H)}d`
  if (hours < 8 * YEAR_H) return withRest(Math.trunc(hours / YEAR_H), 'y', Math.trunc(hours / DAY_H) % 365, 'd')
  return `${Math.trunc(hours / YEAR_H)}y`
}

function withRest(count: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${count}${unit}` : `${count}${unit}${rest}${restUnit}`
}

/** The age of an RFC 3339 time. */
export function formatAge(time: unknown, nowMs: number): string {
  const atMs = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isNaN(atMs) ? '<unknown>' : formatHumanDuration(nowMs - atMs)
}
