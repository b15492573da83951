/**
 * The guest process: a handler in a vm2 VM, or several that share it, each in a VM of its own on this one thread; one socket
 * to the host on descriptor 3, nothing else.
 * Nothing in here is a wall: what must hold is enforced by the host. The bounds here spare honest handlers its SIGKILL.
 */
import { Socket } from 'node:net'
import { createFrameDecoder, createFrameSender, createPartJoiner, FRAME, type Frame, HOST_FRAMES } from './frame.ts'
import { createMember, type Member, runningMember } from './member.ts'
import { reportFatal } from './uncaught.ts'

const socket = new Socket({ fd: 3 })
const sendFrame = createFrameSender((bytes) => socket.write(bytes))
const members = new Map<number, Member>()
/** Made before its bundle comes: that is most of what a warm start saves. */
const first = createMember(sendFrame)

process.on('uncaughtException', reportFatal)
process.on('unhandledRejection', (reason) => (runningMember() ?? first).rejected(reason))

const decode = createFrameDecoder(HOST_FRAMES)
const join = createPartJoiner()

socket.on('data', (chunk: Buffer) => {
  for (const part of decode(chunk)) {
    const frame = join(part)
    if (frame !== undefined) receive(frame)
  }
})
// The host is gone, or done with this guest.
socket.on('error', () => process.exit(0))
socket.on('close', () => process.exit(0))
sendFrame(FRAME.booted, 0, '')

function receive(frame: Frame): void {
  const { type, member: number = 0, id, text } = frame
  if (type === FRAME.ping) return sendFrame(FRAME.pong, id, '')
  if (type === FRAME.load) return load(number, text)
  const member = members.get(number)
  if (member === undefined) throw new Error(`the host sent a frame to member ${number}, which was not loaded`)
  member.receive(frame)
}

function load(number: number, text: string): void {
  const member = members.size === 0 ? first : createMember(sendFrame)
  members.set(number, member)
  member.load(number, text)
}
