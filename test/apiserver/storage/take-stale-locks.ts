import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { lockFolder } from '../../../runtime/apiserver/storage/folder-lock.ts'

/** Program: tries to lock each of the folders 0 to N-1 of a folder, says which it got, and holds them until its input ends. */
const [parent = '', count = '0'] = process.argv.slice(2)
process.stdout.write('ready\n')
while (!existsSync(join(parent, 'go')));
const taken = Array.from({ length: Number(count) }, (_, i) => i).filter((i) => {
  try {
    lockFolder(join(parent, String(i)))
    return true
  } catch {
    return false
  }
})
process.stdout.write(`${JSON.stringify(taken)}\n`)
process.stdin.resume()
