import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildGuest } from './guest-bundle.ts'

/** The guest's script: in production `guest.js` beside the host's bundle, in development made from runtime/guest/. */
export async function guestCode(): Promise<string> {
  try {
    return await readFile(join(import.meta.dirname, 'guest.js'), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return buildGuest()
  }
}
