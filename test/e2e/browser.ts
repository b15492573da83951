import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe } from 'vitest'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** Debian's browser, or what CHROMIUM names; undefined where there is none. */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const paths = (env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return [env.CHROMIUM ?? '', ...paths].find((path) => path !== '' && existsSync(path))
}

/** `describe` for cases that need a browser; without one they are skipped, and named at the end. */
export const describeInBrowser = describe.skipIf(findBrowser() === undefined)
