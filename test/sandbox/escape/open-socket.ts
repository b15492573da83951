// @ts-nocheck
// biome-ignore-all lint: hostile code
export const reconcile = async () => {
  const net = require('node:net')
  const server = net.createServer()
  await new Promise((resolve, reject) => server.on('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  server.close()
  return { loot: port }
}
