// @ts-nocheck
// biome-ignore-all lint: hostile code
export const reconcile = async () => {
  const { Worker } = require('node:worker_threads')
  const worker = new Worker('', { eval: true, execArgv: [] })
  await worker.terminate()
  return { loot: 'worker' }
}
