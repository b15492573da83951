const MAX_MESSAGE_BYTES = 5 * 1024

/** What a messageExpression came to, trimmed; undefined where it is no message: no text, empty, of several lines, too long. */
export function usableMessage(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const trimmed = text.trim()
  const isUsable = trimmed !== '' && !trimmed.includes('\n') && Buffer.byteLength(trimmed) <= MAX_MESSAGE_BYTES
  return isUsable ? trimmed : undefined
}
