import { readFileSync } from 'node:fs'

/** Of the package; runtime/ and dist/ both lie beside package.json or in a folder of it. */
export const version: string = readVersion()

function readVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string }).version
    } catch {}
  }
  return '0.0.0'
}
