const Mi = 1 << 20

/** What a guest can cost its host and the other guests. Each number is about ten times what an ordinary handler needs. */
export interface GuestLimits {
  /** Calls in flight of one handler; the caller's concurrency is far below this. */
  readonly calls: number
  /** Host calls in flight of one handler; the guest lets the next ones wait, and one that does not is killed. */
  readonly hostCalls: number
  /** Of the host calls in flight, together, as text; beyond it the guest's socket is not read. Parsed, JSON can be 20 times as large. */
  readonly hostCallBytes: number
  /** Host calls and log lines a second, and at once, each half KiB of them counting as one more; beyond it the guest's socket is not read. */
  readonly framesPerSecond: number
  /** Bytes of one result, and of one host call; the API server itself takes 1.5 MiB for an object. */
  readonly textBytes: number
  /** Characters of one answer to a host call, before it costs the guest's heap twice over. */
  readonly replyLength: number
  /** What the guest lets through; of one that does not care, the host drops what is above four times as much. */
  readonly logBytesPerSecond: number
  /** Written to a guest and not read yet; beyond it no host call is begun. */
  readonly aheadBytes: number
  /** Written to a guest that does not read: beyond it the guest is killed. */
  readonly unreadBytes: number
  readonly bootMs: number
  /** vm2 itself stops synchronous code after 2 s; this is for what it cannot stop, and for a machine without spare CPU. */
  readonly loadMs: number
  /** From a call's timeout until its guest is killed, unless the call settles. */
  readonly overdueMs: number
  readonly pingMs: number
  /** Pings in a row that may stay unanswered. */
  readonly unansweredPings: number
}

export const DEFAULT_LIMITS: GuestLimits = {
  calls: 256,
  hostCalls: 256,
  hostCallBytes: 8 * Mi,
  framesPerSecond: 10_000,
  textBytes: 2 * Mi,
  replyLength: 64 * Mi,
  logBytesPerSecond: 64 << 10,
  aheadBytes: 8 * Mi,
  unreadBytes: 128 * Mi,
  bootMs: 30_000,
  loadMs: 10_000,
  overdueMs: 5_000,
  pingMs: 250,
  unansweredPings: 8,
}
