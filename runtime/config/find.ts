import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { cosmiconfig } from 'cosmiconfig'
import { RuntimeError } from '../errors.ts'
import { messageOf } from '../util/message-of.ts'
import { readSource, type Source, valueAt } from './source.ts'

const PACKAGE_KEY = 'ostler'

/** In this order; the last is the key `ostler` of a package.json. */
const SEARCH_PLACES = ['ostler.yaml', '.ostlerrc.yaml', 'config/ostler.yaml', 'package.json'] as const

/**
 * Reads `file`, or the first config that the search finds in `cwd`.
 * errors:  RuntimeError CONFIG_NOT_FOUND, saying where it looked, or why the file cannot be read
 */
export async function findConfig({ file, cwd }: { file?: string | undefined; cwd: string }): Promise<Source> {
  const path = file === undefined ? await search(cwd) : resolve(cwd, file)
  const text = await readText(path)
  return readSource({ file: path, text, root: basename(path) === 'package.json' ? [PACKAGE_KEY] : [] })
}

async function search(cwd: string): Promise<string> {
  await refuseUnreadable(cwd)
  const found = await explore(cwd).catch((cause: unknown) => {
    throw new RuntimeError('CONFIG_NOT_FOUND', `Cannot search "${cwd}" for a config: ${messageOf(cause)}`, { cause })
  })
  if (found === null || (found.isEmpty === true && basename(found.filepath) === 'package.json')) throw nothingFound(cwd)
  return found.filepath
}

/** Throws where the working folder's package.json does not parse: cosmiconfig looks for settings of its own there. */
async function explore(cwd: string) {
  const explorer = cosmiconfig(PACKAGE_KEY, {
    searchPlaces: [...SEARCH_PLACES],
    // The search says which file it is; reading it, with places, is readSource()'s part.
    loaders: { '.yaml': () => ({}), '.json': packageKey },
    ignoreEmptySearchPlaces: false,
    cache: false,
  })
  return await explorer.search(cwd)
}

/** cosmiconfig wants the whole file and takes the key itself. A package.json that does not parse holds no config. */
function packageKey(_path: string, text: string): object {
  const key = valueAt(readSource({ file: '', text }).value, [PACKAGE_KEY])
  return key === undefined ? {} : { [PACKAGE_KEY]: {} }
}

/** cosmiconfig passes over what it may not read, and a later place would win without a word. */
async function refuseUnreadable(cwd: string): Promise<void> {
  for (const place of SEARCH_PLACES) {
    const path = join(cwd, place)
    if (!(await isFile(path))) continue
    await access(path, constants.R_OK).catch((cause: unknown) => {
      throw unreadable(path, cause)
    })
    return
  }
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  )
}

async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unreadable(path, cause)
  })
}

function unreadable(path: string, cause: unknown): RuntimeError {
  return new RuntimeError('CONFIG_NOT_FOUND', `Cannot read config "${path}": ${messageOf(cause)}`, { cause })
}

function nothingFound(cwd: string): RuntimeError {
  const places = SEARCH_PLACES.map((place) => (place === 'package.json' ? `"${PACKAGE_KEY}" in package.json` : place))
  return new RuntimeError(
    'CONFIG_NOT_FOUND',
    `Cannot find a config in "${cwd}": looked for ${places.join(', ')}; name another with --config FILE`,
  )
}
