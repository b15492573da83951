import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * A free port on 127.0.0.1, below the kernel's ephemeral range (32768 on Linux): a server that is killed and started again needs
 * its port back, and a client that dials an unserved ephemeral port can be given that very port and connect to itself.
 */
export async function findLoopbackPort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(15_000, 32_000)
    if (await isFree(port)) return port
  }
  throw new Error('No free port on 127.0.0.1 between 15000 and 32000')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
