/**
 * The command line of a host that says, each time it gets SIGUSR2, what it holds: written to `probe.json` beside the folder
 * it runs in. Nothing of the host itself is changed.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { look } from './look.ts'

const file = resolve('..', 'probe.json')

process.on('SIGUSR2', async () => {
  writeFileSync(`${file}.new`, JSON.stringify(await look()))
  renameSync(`${file}.new`, file)
})

await import('../../runtime/cli/main.ts')
