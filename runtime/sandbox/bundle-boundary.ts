import { constants, type FileHandle, open, readlink, realpath, stat } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'

/** Handlers are text; a file above this is a mistake, and esbuild would take several times its size in memory. */
const MAX_FILE_BYTES = 4 * 1024 * 1024

/** What one handler may import in all, before tree shaking. */
export const MAX_TOTAL_BYTES = 64 * 1024 * 1024

/**
 * The folders a handler may be bundled from. The bundler reads with the host's rights, so without this an import
 * would be a way to any file of the host, its service-account token first of all.
 */
export interface Boundary {
  /** Real paths: the config file's folder and the handler's project, whose node_modules lies within; never the root. */
  readonly zones: readonly string[]
  /** The root of the handler's project, else the config file's folder. */
  readonly base: string
}

export type Located =
  | { readonly kind: 'file' | 'folder'; readonly real: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'outside' }
  | { readonly kind: 'unreadable'; readonly reason: string }

export type Read =
  | { readonly kind: 'read'; readonly text: string }
  | { readonly kind: 'unreadable'; readonly reason: string }

/**
 * The zones of one handler. The project is looked for along the path as the config gives it, before links are
 * followed: a handler that is a link to elsewhere does not bring that place's project with it.
 */
export async function createBoundary(file: string, configDir: string): Promise<Boundary> {
  const config = await realOf(resolve(configDir))
  const project = await projectOf(dirname(resolve(file)))
  const folders = [project, config].filter((folder) => folder !== undefined).filter((folder) => !isRoot(folder))
  const zones = folders.filter((folder, i) => !folders.some((other, j) => i !== j && contains(other, folder, j < i)))
  return { zones, base: folders[0] ?? resolve(configDir) }
}

/** A package.json or a config at the very top would open the whole disk. */
const isRoot = (folder: string) => dirname(folder) === folder

/** Whether `folder` lies below `other`, or is the same where `orSame`. */
const contains = (other: string, folder: string, orSame: boolean) =>
  folder === other ? orSame : folder.startsWith(other + sep)

/** Whether a path lies in a zone; says nothing about links on the way. */
export function isInside({ zones }: Boundary, path: string): boolean {
  return zones.some((zone) => path === zone || path.startsWith(zone + sep))
}

/** What stands at a path, by its real path. Nothing is touched on disk for a path that is outside as it is written. */
export async function locate(boundary: Boundary, path: string): Promise<Located> {
  if (!isInside(boundary, path)) return { kind: 'outside' }
  try {
    const real = await realpath(path)
    if (!isInside(boundary, real)) return { kind: 'outside' }
    const found = await stat(real)
    if (found.isDirectory()) return { kind: 'folder', real }
    return found.isFile() ? { kind: 'file', real } : { kind: 'unreadable', reason: 'it is not a regular file' }
  } catch (error) {
    return isAbsence(error) ? { kind: 'missing' } : { kind: 'unreadable', reason: reasonOf(error) }
  }
}

/**
 * Reads a file by its real path. What counts is the place of the file that was opened, asked of its descriptor: a
 * folder that became a link since `locate()` gains nothing.
 */
export async function readInside(boundary: Boundary, real: string): Promise<Read> {
  let handle: FileHandle | undefined
  try {
    // Without O_NONBLOCK a named pipe would hold a thread of the host for ever.
    handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if (!isInside(boundary, await placeOfOpened(handle, real))) return unreadable('it lies outside the allowed folders')
    const { size, isFile } = await statOf(handle)
    if (!isFile) return unreadable('it is not a regular file')
    if (size > MAX_FILE_BYTES) return unreadable(`it has ${size} bytes, more than ${MAX_FILE_BYTES}`)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size), 0, size, 0)
    return { kind: 'read', text: new TextDecoder().decode(buffer.subarray(0, bytesRead)) }
  } catch (error) {
    return unreadable(isAbsence(error) ? 'no such file' : reasonOf(error))
  } finally {
    await handle?.close()
  }
}

const unreadable = (reason: string) => ({ kind: 'unreadable', reason }) as const

async function statOf(handle: FileHandle): Promise<{ size: number; isFile: boolean }> {
  const found = await handle.stat()
  return { size: found.size, isFile: found.isFile() }
}

/** Linux names the opened file itself; elsewhere the path is followed once more. */
async function placeOfOpened(handle: FileHandle, path: string): Promise<string> {
  return readlink(`/proc/self/fd/${handle.fd}`).catch(() => realpath(path))
}

async function projectOf(folder: string): Promise<string | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    if ((await realOf(join(at, 'package.json'))) !== undefined) return realOf(at)
    if (dirname(at) === at) return undefined
  }
}

const realOf = (path: string) => realpath(path).catch(() => undefined)

function isAbsence(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'ERR_INVALID_ARG_VALUE'
}

function reasonOf(error: unknown): string {
  const code = codeOf(error)
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied'
  return code === 'ELOOP' ? 'its links form a circle' : `it cannot be read (${code})`
}

const codeOf = (error: unknown) => String((error as { code?: unknown }).code ?? 'unknown')
