import { MAX_LINE_BYTES } from './line-splitter.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

export interface ListScanner {
  /** The JSON texts of the items that `chunk` completes, one at a time. */
  push(chunk: Buffer): Generator<string>
  /** The list without its items, as `{"kind":…,"metadata":{…},"items":[]}`; throws when the text is cut off. */
  end(): string
}

/**
 * Walks a list's bytes and takes the elements of its top-level `items` out one by one, so that a page is never held whole,
 * neither as text nor as objects. `metadata` may stand before or after `items`.
 */
export function createListScanner(maxItemBytes = MAX_LINE_BYTES): ListScanner {
  let depth = 0
  let inString = false
  let escaped = false
  let inItems = false
  /** Pieces of the last string at depth 1: the key, when an array follows. */
  let key: Pieces | undefined
  let item: Pieces | undefined
  /** Undefined between the brackets of `items`: what stands there belongs to the items. */
  let envelope: Pieces | undefined = createPieces(maxItemBytes)
  envelope.startAt(0)
  const rest = envelope

  return { push, end }

  function* push(chunk: Buffer): Generator<string> {
    for (let i = 0; i < chunk.length; i++) {
      // Most bytes stand in strings, so those are skipped here rather than by a call each.
      if (inString && !escaped) i = endOfPlainText(chunk, i)
      const byte = chunk[i]
      if (byte === undefined) break
      if (inString) scanString(chunk, byte, i)
      else if (byte === QUOTE) openString(i)
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) descend(chunk, byte, i)
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        const done = ascend(chunk, i)
        if (done !== undefined) yield done
      } else if (byte === COMMA && depth === 1) key = undefined
    }
    for (const pieces of [envelope, item, key]) pieces?.carryOver(chunk)
  }

  function scanString(chunk: Buffer, byte: number, i: number): void {
    if (escaped) escaped = false
    else if (byte === BACKSLASH) escaped = true
    else if (byte === QUOTE) {
      inString = false
      if (depth === 1) key?.cutAt(chunk, i)
    }
  }

  function openString(i: number): void {
    inString = true
    if (depth !== 1) return
    key = createPieces(maxItemBytes)
    key.startAt(i + 1)
  }

  function descend(chunk: Buffer, byte: number, i: number): void {
    if (depth === 1 && byte === OPEN_BRACKET && key?.take() === 'items') {
      inItems = true
      envelope?.cutAt(chunk, i + 1)
      envelope = undefined
    } else if (inItems && depth === 2) {
      item = createPieces(maxItemBytes)
      item.startAt(i)
    }
    depth++
  }

  function ascend(chunk: Buffer, i: number): string | undefined {
    depth--
    if (!inItems) return undefined
    if (depth === 1) {
      inItems = false
      envelope = rest
      envelope.startAt(i)
      return undefined
    }
    if (depth !== 2) return undefined
    item?.cutAt(chunk, i + 1)
    const text = item?.take()
    item = undefined
    return text
  }

  function end(): string {
    if (depth !== 0 || inString) throw new SyntaxError('The list is cut off')
    return rest.take()
  }
}

/** The next quote or backslash from `i`, or the chunk's end. */
function endOfPlainText(chunk: Buffer, i: number): number {
  let at = i
  while (at < chunk.length && chunk[at] !== QUOTE && chunk[at] !== BACKSLASH) at++
  return at
}

interface Pieces {
  startAt(index: number): void
  /** Keeps the bytes from the last start to `index`; nothing more until the next start. */
  cutAt(chunk: Buffer, index: number): void
  /** At the end of a chunk: what has started goes on in the next. */
  carryOver(chunk: Buffer): void
  take(): string
}

/** Collects a text that may span chunks, up to `maxBytes`. */
function createPieces(maxBytes: number): Pieces {
  let start: number | undefined
  let bytes = 0
  const pieces: Buffer[] = []

  function cutAt(chunk: Buffer, index: number): void {
    if (start === undefined) return
    bytes += index - start
    if (bytes > maxBytes) throw new RangeError(`An item is longer than ${maxBytes} bytes`)
    pieces.push(chunk.subarray(start, index))
    start = undefined
  }

  return {
    startAt(index) {
      start = index
    },
    cutAt,
    carryOver(chunk) {
      if (start === undefined) return
      cutAt(chunk, chunk.length)
      start = 0
    },
    take: () => (pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)).toString('utf8'),
  }
}
