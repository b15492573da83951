import { describe, expect, test } from 'vitest'
import {
  createFrameDecoder,
  createFrameSender,
  createPartJoiner,
  encodeFrames,
  FRAME,
  type Frame,
  FrameError,
  fitsFrame,
  GUEST_FRAMES,
  HOST_FRAMES,
  MAX_FRAME_BYTES,
  splitText,
} from '../../runtime/guest/frame.ts'

const FRAMES: Record<string, Frame> = {
  'an empty text': { type: FRAME.ping, id: 0, text: '' },
  JSON: { type: FRAME.call, id: 7, text: '{"export":"reconcile","args":[{"a":1}]}' },
  'the largest id': { type: FRAME.reply, id: 0xffff_ffff, text: '{}' },
  'text of many bytes a character': { type: FRAME.abort, id: 1, text: 'übergroß 日本語 🚀' },
  'a member': { type: FRAME.call, member: 0xffff, id: 7, text: '{}' },
  'a megabyte': { type: FRAME.load, id: 0, text: 'x'.repeat(1 << 20) },
}

describe('createFrameDecoder()', () => {
  test.each(Object.entries(FRAMES))('reads %s as it was encoded', (_name, frame) => {
    expect(createFrameDecoder(HOST_FRAMES)(encodeFrames([frame]))).toEqual([frame])
  })

  test('reads several frames of one chunk in order', () => {
    const frames = Object.values(FRAMES)
    expect(createFrameDecoder(HOST_FRAMES)(encodeFrames(frames))).toEqual(frames)
  })

  test.each([1, 2, 3, 5, 9, 13])('reads frames that arrive in pieces of %i bytes', (size) => {
    const frames = Object.values(FRAMES).slice(0, 4)
    const bytes = encodeFrames(frames)
    const decode = createFrameDecoder(HOST_FRAMES)
    const read: Frame[] = []
    for (let at = 0; at < bytes.length; at += size) read.push(...decode(bytes.subarray(at, at + size)))
    expect(read).toEqual(frames)
  })

  test.each([0, 6, MAX_FRAME_BYTES - 3, 0xffff_ffff])('refuses a frame whose length says %i', (length) => {
    const bytes = Buffer.alloc(16, 5)
    bytes.writeUInt32BE(length)
    expect(() => createFrameDecoder(HOST_FRAMES)(bytes)).toThrow(FrameError)
  })

  test('takes a frame of just the cap', () => {
    const frame: Frame = { type: FRAME.call, id: 1, text: 'x'.repeat(89) }
    expect(createFrameDecoder(HOST_FRAMES, 100)(encodeFrames([frame]))).toEqual([frame])
    expect(() => createFrameDecoder(HOST_FRAMES, 99)(encodeFrames([frame]))).toThrow('from 7 to 95')
  })

  test.each([0, 7, 64, 71, 255])('refuses type %i, whoever sends it', (type) => {
    const bytes = encodeFrames([{ type: type as Frame['type'], id: 1, text: '' }])
    expect(() => createFrameDecoder(HOST_FRAMES)(bytes)).toThrow(FrameError)
    expect(() => createFrameDecoder(GUEST_FRAMES)(bytes)).toThrow(FrameError)
  })

  test("refuses a guest's frame from a host and a host's from a guest", () => {
    const settled = encodeFrames([{ type: FRAME.settled, id: 1, text: '{}' }])
    const call = encodeFrames([{ type: FRAME.call, id: 1, text: '{}' }])
    expect(() => createFrameDecoder(HOST_FRAMES)(settled)).toThrow(FrameError)
    expect(() => createFrameDecoder(GUEST_FRAMES)(call)).toThrow(FrameError)
  })
})

describe('createFrameSender()', () => {
  test('writes the frames of one turn at once and in order', async () => {
    const writes: Buffer[] = []
    const send = createFrameSender((bytes) => writes.push(bytes))
    const frames = Object.values(FRAMES)
    for (const { type, member, id, text } of frames) send(type, id, text, member)
    expect(writes).toEqual([])
    await new Promise((resolve) => setImmediate(resolve))
    expect(writes.map((bytes) => createFrameDecoder(HOST_FRAMES)(bytes))).toEqual([frames])
    send(FRAME.ping, 0, '')
    await new Promise((resolve) => setImmediate(resolve))
    expect(writes).toHaveLength(2)
  })
})

describe('splitText()', () => {
  test('sends a text that fits as one frame', () => {
    expect(splitText(FRAME.reply, 3, '{}')).toEqual([{ type: FRAME.reply, id: 3, text: '{}' }])
  })

  test.each([
    ['ASCII', 'x'.repeat(9 << 20)],
    ['three bytes a character', '日'.repeat(3 << 20)],
    ['surrogate pairs at every border', `x${'🚀'.repeat(2 << 20)}`],
  ])('sends a long text of %s in frames below the cap, which join to the same text', (_name, text) => {
    const frames = splitText(FRAME.reply, 3, text)
    expect(frames.every((frame) => fitsFrame(frame.text))).toBe(true)
    const join = createPartJoiner()
    const decoded = createFrameDecoder(HOST_FRAMES)(encodeFrames(frames))
    const joined = decoded.map(join).filter((frame) => frame !== undefined)
    expect(joined).toHaveLength(1)
    expect(joined[0]?.type).toBe(FRAME.reply)
    expect(joined[0]?.text === text).toBe(true)
  })
})

test('fitsFrame() counts bytes, not characters', () => {
  expect(fitsFrame('xxxx', 15)).toBe(true)
  expect(fitsFrame('xxxxx', 15)).toBe(false)
  expect(fitsFrame('üü', 15)).toBe(true)
  expect(fitsFrame('üüü', 15)).toBe(false)
})
