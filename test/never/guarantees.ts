/** What must never happen, by number: each happened to a system that people use today. */
export const GUARANTEES: readonly string[] = [
  'A watch dies silently',
  "A handler's failure loses an object",
  'Keys collide',
  'A 410, a dropped connection, a restarted API server or a CRD that comes and goes needs a restart',
  'A list doubles memory',
  'Stale reads after own writes',
  'Hot loops',
  "A finalizer is removed although cleaning up failed, or another's is clobbered",
  'Two leaders act',
  'New work starves behind a resync or the initial list; one busy controller starves the rest',
  'A bad config or handler takes down good ones',
  'Unbounded growth',
  'Shutdown hangs or loses work',
  'Rotated tokens or CAs are ignored',
  'An error is swallowed',
]

/** `never-07`. */
export function nameOf(number: number): string {
  return `never-${String(number).padStart(2, '0')}`
}
