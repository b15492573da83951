/**
 * The wire between host and guest, used by both ends.
 * A frame is: u32 length of what follows · u8 type · u16 member · u32 id · UTF-8 text; numbers are big endian. The socket is
 * the guest's identity; an id only pairs an answer with its question, and a member is one of the handlers that share the
 * process, which are one trust domain. Nearly every text is JSON, passed on unchanged.
 */
export const FRAME = {
  /** host → guest, id 0: `{name, code, limits}`; once for each member. */
  load: 1,
  /** host → guest, id of the call: `{export, args, context}`. */
  call: 2,
  /** host → guest, id of the host call: `{ok}` or `{error: {name, message, code?, reason?, details?}}`. */
  reply: 3,
  /** host → guest, id of the call: why its signal aborts, as plain text. */
  abort: 4,
  /** host → guest: answered by a pong from the event loop. */
  ping: 5,
  /** host → guest: the beginning of the next frame's text, which is too long for one frame. */
  part: 6,
  /** guest → host: ready to load. */
  booted: 65,
  /** guest → host: `{exports: {name: typeof}}` or `{error: {name, message, stack}}`. */
  loaded: 66,
  /** guest → host, id of the call: `{ok?}` or `{error: {name, message, stack, terminal, code?, reason?}}`. */
  settled: 67,
  /** guest → host, an id of the guest's own: `{call, method, args}`. */
  hostCall: 68,
  /** guest → host, id of the call or 0: `{level, message, fields?}`. */
  log: 69,
  /** guest → host. */
  pong: 70,
} as const

export type FrameType = (typeof FRAME)[keyof typeof FRAME]

export interface Frame {
  readonly type: FrameType
  /** Which handler of the process it is about; left out for 0, the only one unless it shares its process. */
  readonly member?: number
  readonly id: number
  readonly text: string
}

/** Sends one frame. */
export type SendFrame = (type: FrameType, id: number, text: string, member?: number) => void

/** No frame is longer, its length field included: what a decoder holds for one peer stays below this. */
export const MAX_FRAME_BYTES = 4 << 20

const LENGTH_BYTES = 4
const HEAD_BYTES = 7

export const HOST_FRAMES: ReadonlySet<number> = new Set([
  FRAME.load,
  FRAME.call,
  FRAME.reply,
  FRAME.abort,
  FRAME.ping,
  FRAME.part,
])
export const GUEST_FRAMES: ReadonlySet<number> = new Set([
  FRAME.booted,
  FRAME.loaded,
  FRAME.settled,
  FRAME.hostCall,
  FRAME.log,
  FRAME.pong,
])

/** The peer sent what is no frame, or a frame out of place; the connection cannot go on. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/**
 * Cuts a byte stream into frames.
 * in:      chunks as they arrive, split anywhere
 * out:     the frames that became whole, in order
 * errors:  FrameError for a length outside the cap and for a type that is not in `types`; the decoder is then of no more use
 * memory:  at most one frame; a frame that trickles in is copied into place, so that a chunk a byte costs nothing more
 */
export function createFrameDecoder(types: ReadonlySet<number>, maxBytes = MAX_FRAME_BYTES): (chunk: Buffer) => Frame[] {
  const length = Buffer.alloc(LENGTH_BYTES)
  let lengthFilled = 0
  let body: Buffer | undefined
  let bodyFilled = 0
  return (chunk) => {
    const frames: Frame[] = []
    for (let at = 0; at < chunk.length; ) {
      if (body === undefined) {
        const copied = chunk.copy(length, lengthFilled, at)
        at += copied
        lengthFilled += copied
        if (lengthFilled < LENGTH_BYTES) break
        lengthFilled = 0
        const bytes = checkedLength(length.readUInt32BE(0), maxBytes)
        if (chunk.length - at >= bytes) {
          frames.push(parseBody(chunk, at, bytes, types))
          at += bytes
          continue
        }
        body = Buffer.allocUnsafe(bytes)
        bodyFilled = 0
      }
      const copied = chunk.copy(body, bodyFilled, at)
      at += copied
      bodyFilled += copied
      if (bodyFilled < body.length) break
      frames.push(parseBody(body, 0, body.length, types))
      body = undefined
    }
    return frames
  }
}

function checkedLength(bytes: number, maxBytes: number): number {
  if (bytes >= HEAD_BYTES && bytes + LENGTH_BYTES <= maxBytes) return bytes
  throw new FrameError(
    `Cannot read a frame of ${bytes} bytes: from ${HEAD_BYTES} to ${maxBytes - LENGTH_BYTES} are allowed`,
  )
}

function parseBody(bytes: Buffer, start: number, length: number, types: ReadonlySet<number>): Frame {
  const type = bytes.readUInt8(start)
  if (!types.has(type)) throw new FrameError(`Cannot read a frame of type ${type}: not one that this peer may send`)
  const text = bytes.toString('utf8', start + HEAD_BYTES, start + length)
  const member = bytes.readUInt16BE(start + 1)
  const frame = { type: type as FrameType, id: bytes.readUInt32BE(start + 3), text }
  return member === 0 ? frame : { ...frame, member }
}

/** Whether `text` fits one frame. */
export function fitsFrame(text: string, maxBytes = MAX_FRAME_BYTES): boolean {
  const room = maxBytes - LENGTH_BYTES - HEAD_BYTES
  // UTF-8 takes one to three bytes for a code unit: the count itself is needed only in between.
  return text.length * 3 <= room || (text.length <= room && Buffer.byteLength(text) <= room)
}

/** One buffer of all `frames`, for one write. Each text must fit its frame. */
export function encodeFrames(frames: readonly Frame[]): Buffer {
  const lengths = frames.map(({ text }) => Buffer.byteLength(text))
  const total = lengths.reduce((sum, length) => sum + LENGTH_BYTES + HEAD_BYTES + length, 0)
  const bytes = Buffer.allocUnsafe(total)
  let at = 0
  frames.forEach(({ type, member = 0, id, text }, index) => {
    const length = lengths[index] as number
    at = bytes.writeUInt32BE(HEAD_BYTES + length, at)
    at = bytes.writeUInt8(type, at)
    at = bytes.writeUInt16BE(member, at)
    at = bytes.writeUInt32BE(id, at)
    at += bytes.write(text, at, length, 'utf8')
  })
  return bytes
}

/** Sends frames by one `write` per turn of the event loop: a system call a frame would cost more than all else here. */
export function createFrameSender(write: (bytes: Buffer) => void): SendFrame {
  let waiting: Frame[] = []
  return (type, id, text, member = 0) => {
    if (waiting.push({ type, member, id, text }) > 1) return
    process.nextTick(() => {
      const frames = waiting
      waiting = []
      write(encodeFrames(frames))
    })
  }
}

/** Code units in a part: at three bytes each they fit a frame. */
const PART_UNITS = 1 << 20

/** The frames that carry a text of any length: parts, if it is too long for one frame, then the frame itself. */
export function splitText(type: FrameType, id: number, text: string): Frame[] {
  const frames: Frame[] = []
  let rest = text
  while (!fitsFrame(rest)) {
    // A pair of surrogates cut in two would become two replacement characters.
    const last = rest.charCodeAt(PART_UNITS - 1)
    const units = last >= 0xd800 && last <= 0xdbff ? PART_UNITS - 1 : PART_UNITS
    frames.push({ type: FRAME.part, id, text: rest.slice(0, units) })
    rest = rest.slice(units)
  }
  frames.push({ type, id, text: rest })
  return frames
}

/** Undoes `splitText` on a stream of frames: answers the whole frame, or undefined while parts are outstanding. */
export function createPartJoiner(): (frame: Frame) => Frame | undefined {
  let parts: string[] = []
  return (frame) => {
    if (frame.type === FRAME.part) {
      parts.push(frame.text)
      return undefined
    }
    if (parts.length === 0) return frame
    const text = parts.join('') + frame.text
    parts = []
    return { ...frame, text }
  }
}
