import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Holds a server to `most` connections. One more takes the place of the one that has been without a request for longest,
 * so that nobody shuts others out by holding connections; while all have a request under way, it is turned away itself.
 */
export function limitConnections(server: Server, most: number): void {
  const open = new Set<Socket>()
  /** Without a request that is being answered, for longest first. */
  const idle = new Set<Socket>()
  const drop = (socket: Socket) => {
    open.delete(socket)
    idle.delete(socket)
    socket.destroy()
  }
  server.on('connection', (socket: Socket) => {
    if (open.size >= most) drop(idle.values().next().value ?? socket)
    if (socket.destroyed) return
    open.add(socket)
    idle.add(socket)
    socket.once('close', () => drop(socket))
  })
  server.on('request', ({ socket }: { socket: Socket }, response: ServerResponse) => {
    idle.delete(socket)
    response.once('close', () => open.has(socket) && idle.add(socket))
  })
}
