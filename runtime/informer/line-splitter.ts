/** A line beyond this is a broken server, not an object: etcd's own limit is 1.5 MiB a request. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024

export interface LineSplitter {
  /** The texts of the lines that `chunk` completes, decoded one at a time as they are asked for; throws RangeError past the bound. */
  push(chunk: Buffer): Generator<string>
  /** Bytes of a line that has not ended yet. */
  readonly pendingBytes: number
}

/**
 * Cuts byte chunks at 0x0A. The pieces of a line that spans chunks are kept apart and joined once, at its end, so a large
 * object that comes in many chunks costs its length, not its square; and a character cut in two by a chunk stays whole.
 */
export function createLineSplitter(maxLineBytes = MAX_LINE_BYTES): LineSplitter {
  let pieces: Buffer[] = []
  let pendingBytes = 0

  function keep(piece: Buffer): void {
    pendingBytes += piece.length
    if (pendingBytes > maxLineBytes) throw new RangeError(`A line is longer than ${maxLineBytes} bytes`)
    if (piece.length > 0) pieces.push(piece)
  }

  function takeLine(piece: Buffer): string {
    if (pieces.length === 0) return piece.toString('utf8')
    keep(piece)
    const line = Buffer.concat(pieces, pendingBytes).toString('utf8')
    pieces = []
    pendingBytes = 0
    return line
  }

  return {
    get pendingBytes() {
      return pendingBytes
    },
    *push(chunk) {
      let start = 0
      for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
        const line = takeLine(chunk.subarray(start, end))
        start = end + 1
        if (line !== '') yield line
      }
      keep(chunk.subarray(start))
    },
  }
}
