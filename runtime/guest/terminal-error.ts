/** Thrown by a handler, parks the key: no retry until the object or the handler changes, or a replay. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError'
}
