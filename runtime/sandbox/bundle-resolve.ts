import { isBuiltin } from 'node:module'
import { dirname, extname, join, relative, resolve, sep } from 'node:path'
import { type Boundary, isInside, type Located, locate as look } from './bundle-boundary.ts'
import { type FoundPackage, matchSubpath, nearestPackage, type PackageJson, readPackage } from './bundle-package.ts'

export interface ImportRequest {
  readonly specifier: string
  /** The real path of the file that imports. */
  readonly importer: string
  readonly kind: 'import' | 'require'
}

export type Resolution =
  | { readonly kind: 'file'; readonly real: string; readonly sideEffects: boolean }
  /** What handlers import from 'ostler', wherever they lie. */
  | { readonly kind: 'ostler' }
  /** A file that its package takes out for places without Node.js. */
  | { readonly kind: 'empty' }
  /** Outside the boundary, or of a kind that is never bundled. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Not there; inside `try` a package may do without it. */
  | { readonly kind: 'missing'; readonly message: string }

export interface Resolver {
  resolve(request: ImportRequest): Promise<Resolution>
  resolveEntry(path: string): Promise<Resolution>
}

type Found = Resolution | { readonly kind: 'absent'; readonly message: string }

export const LOADERS: Readonly<Record<string, 'ts' | 'js' | 'json'>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.json': 'json',
}

/** What TypeScript's own imports say for what lies on disk. */
const SOURCE_OF: Readonly<Record<string, string>> = { '.js': '.ts', '.mjs': '.mts', '.cjs': '.cts' }

/**
 * Finds files for one build as Node.js and bundlers do, by our own hand: esbuild's resolver would read tsconfig.json
 * and package.json files wherever links lead, and quote them in its messages.
 * in:      onInput: every path that decided something, found or not, outside installed packages; and their package.json
 * source:  Node.js, "Modules: packages"; the `browser` field as bundlers read it. tsconfig.json is not read at all
 */
export function createResolver(boundary: Boundary, onInput: (path: string) => void): Resolver {
  const packages = new Map<string, Promise<FoundPackage>>()
  const places = new Map<string, Promise<Located>>()
  return { resolve: resolveImport, resolveEntry }

  function packageIn(folder: string): Promise<FoundPackage> {
    const found = packages.get(folder) ?? readPackage(boundary, folder)
    packages.set(folder, found)
    return found
  }

  /** Once a build: hundreds of imports lead to the same few folders. Reading checks again. */
  function locate(path: string): Promise<Located> {
    const place = places.get(path) ?? look(boundary, path)
    places.set(path, place)
    return place
  }

  async function packageOf(path: string): Promise<PackageJson | undefined> {
    const found = await nearestPackage(boundary, path, packageIn)
    return found === undefined || 'refused' in found ? undefined : found
  }

  async function resolveEntry(path: string): Promise<Resolution> {
    onInput(path)
    const place = await locate(path)
    const found = place.kind === 'file' ? await finish(place.real) : refused(reasonOf(place, boundary))
    if (found.kind === 'file') return found
    return { kind: 'refused', message: `Cannot read handler: ${'message' in found ? found.message : 'it is left out'}` }
  }

  async function resolveImport(request: ImportRequest): Promise<Resolution> {
    const { specifier } = request
    if (specifier === 'ostler') return { kind: 'ostler' }
    const forbidden = refusalOf(specifier)
    const found = forbidden === undefined ? await resolveSpecifier(request) : refused(forbidden)
    if (!('message' in found)) return found
    const message = `Cannot import ${quote(specifier)}: ${found.message}`
    return { kind: found.kind === 'refused' ? 'refused' : 'missing', message }
  }

  async function resolveSpecifier(request: ImportRequest): Promise<Found> {
    const { specifier, importer } = request
    if (/^\.\.?(\/|$)/.test(specifier))
      return resolvePath(resolve(dirname(importer), specifier), specifier.endsWith('/'))
    if (specifier.startsWith('#')) return resolveHash(request)
    const own = await packageOf(importer)
    const standIn = own?.browser[specifier]
    if (own !== undefined && standIn !== undefined) return resolveStandIn(own, standIn, request)
    return resolveBare(request)
  }

  /** `#name`, by `imports` of the nearest package.json. */
  async function resolveHash({ specifier, importer, kind }: ImportRequest): Promise<Found> {
    const own = await nearestPackage(boundary, importer, packageIn)
    if (own !== undefined && 'refused' in own) return refused(own.refused)
    const target = own && matchSubpath(own.imports, specifier, kind)
    if (own === undefined || target === undefined) return absent('no package.json above has it in its "imports"')
    onInput(own.file)
    if (target.startsWith('./')) return resolveInPackage(own, target)
    const forbidden = refusalOf(target)
    if (forbidden !== undefined) return refused(forbidden)
    return /^[.#]/.test(target)
      ? refused(`its target ${quote(target)} in "imports" leaves the package`)
      : resolveBare({ specifier: target, importer: own.file, kind })
  }

  async function resolveBare(request: ImportRequest): Promise<Found> {
    const { specifier, importer, kind } = request
    const [name, subpath] = splitSpecifier(specifier)
    const own = await packageOf(importer)
    if (own?.name === name && own.exports !== undefined) return resolveExport(own, subpath, kind)
    for (let at = dirname(importer); isInside(boundary, at); at = dirname(at)) {
      const place = await locate(join(at, 'node_modules', name))
      if (place.kind === 'outside') return refused(outside(boundary))
      if (place.kind === 'folder') return resolveInstalled(place.real, subpath, kind)
    }
    if (isBuiltin(specifier)) return absent(NO_BUILTINS)
    onInput(join(boundary.base, 'node_modules', name, 'package.json'))
    return absent(
      /^[@~]\//.test(specifier) ? NO_TSCONFIG : `no such package in a node_modules below ${zonesOf(boundary)}`,
    )
  }

  async function resolveInstalled(folder: string, subpath: string, kind: 'import' | 'require'): Promise<Found> {
    const found = await packageIn(folder)
    if (found !== undefined && 'refused' in found) return refused(found.refused)
    if (found !== undefined) onInput(found.file)
    if (found?.exports !== undefined) return resolveExport(found, subpath, kind)
    return resolvePath(join(folder, subpath), subpath === '.')
  }

  async function resolveExport(own: PackageJson, subpath: string, kind: 'import' | 'require'): Promise<Found> {
    const target = matchSubpath(own.exports, subpath, kind)
    if (target === undefined) return absent(`the package does not export ${quote(subpath)}`)
    return resolveInPackage(own, target)
  }

  /** A target in `exports` or `imports` is one file: no extension is added, and it may not climb. */
  async function resolveInPackage(own: PackageJson, target: string): Promise<Found> {
    const path = resolve(own.folder, target)
    if (!target.startsWith('./') || !path.startsWith(own.folder + sep)) {
      return refused(`its target ${quote(target)} in package.json leaves the package`)
    }
    const place = await locate(path)
    if (place.kind === 'file') return finish(place.real)
    return isOut(place) ? refused(reasonOf(place, boundary)) : absent(`its target ${quote(target)} is no file`)
  }

  /** A path as written in an import: the file, with an extension, its TypeScript source, or a folder's entry. */
  async function resolvePath(path: string, folderOnly: boolean): Promise<Found> {
    const tried = folderOnly ? [] : candidatesOf(path)
    for (const candidate of tried) {
      const place = await locate(candidate)
      if (place.kind === 'file') return finish(place.real)
      if (isOut(place)) return refused(reasonOf(place, boundary))
    }
    const place = await locate(path)
    if (place.kind === 'folder') return resolveFolder(place.real)
    if (isOut(place)) return refused(reasonOf(place, boundary))
    if (!isInstalled(path)) tried.forEach(onInput)
    return absent('no such file')
  }

  async function resolveFolder(folder: string): Promise<Found> {
    const own = await packageIn(folder)
    if (own !== undefined && 'refused' in own) return refused(own.refused)
    for (const entry of [...(own?.mains ?? []), 'index']) {
      for (const candidate of [...candidatesOf(join(folder, entry)), ...candidatesOf(join(folder, entry, 'index'))]) {
        const place = await locate(candidate)
        if (place.kind === 'file') return finish(place.real)
        if (isOut(place)) return refused(reasonOf(place, boundary))
      }
    }
    return absent('the folder has no index file')
  }

  /** The last look at any file found: what it is, and whether its package puts another in its place. */
  async function finish(real: string): Promise<Found> {
    const own = await packageOf(real)
    const standIn = own && standInFor(own, real)
    if (standIn === false) return { kind: 'empty' }
    const file = typeof standIn === 'string' && own ? await fileOf(resolve(own.folder, standIn)) : real
    if (typeof file !== 'string') return file
    if (!isInstalled(file)) onInput(file)
    if (LOADERS[extname(file)] === undefined) return refused(NO_LOADER)
    return { kind: 'file', real: file, sideEffects: own?.sideEffects ?? true }
  }

  async function resolveStandIn(own: PackageJson, standIn: unknown, request: ImportRequest): Promise<Found> {
    if (standIn === false) return { kind: 'empty' }
    if (typeof standIn !== 'string') return absent('its entry in "browser" is neither a name nor false')
    if (standIn.startsWith('.')) return resolvePath(resolve(own.folder, standIn), false)
    const forbidden = refusalOf(standIn)
    return forbidden === undefined ? resolveBare({ ...request, specifier: standIn }) : refused(forbidden)
  }

  async function fileOf(path: string): Promise<string | Found> {
    for (const candidate of candidatesOf(path)) {
      const place = await locate(candidate)
      if (place.kind === 'file') return place.real
      if (isOut(place)) return refused(reasonOf(place, boundary))
    }
    return absent(`its stand-in ${quote(path)} in "browser" is no file`)
  }
}

/** Whether a file came with an installed package, rather than being the handler author's own. */
export function isInstalled(path: string): boolean {
  return path.includes(`${sep}node_modules${sep}`)
}

const MAX_SPECIFIER_LENGTH = 1_024

const NO_BUILTINS = 'handlers have no Node.js built-ins'
const NO_LOADER = `only ${Object.keys(LOADERS).join(', ')} files can be bundled`
const NO_TSCONFIG = 'no such package; tsconfig.json is not read, aliases belong in "imports" of package.json'

const zonesOf = ({ zones }: Boundary) => zones.map((zone) => quote(zone)).join(' and ') || 'the root folder'
const outside = (boundary: Boundary) =>
  boundary.zones.length === 0 ? 'no folder below the root may be read from' : `it lies outside ${zonesOf(boundary)}`

const refused = (message: string) => ({ kind: 'refused', message }) as const
const absent = (message: string) => ({ kind: 'absent', message }) as const
const isOut = (place: Located) => place.kind === 'outside' || place.kind === 'unreadable'

/** Specifiers that are refused as they are written. */
function refusalOf(specifier: string): string | undefined {
  if (specifier.length > MAX_SPECIFIER_LENGTH) return `it is longer than ${MAX_SPECIFIER_LENGTH} characters`
  if (specifier.startsWith('node:')) return NO_BUILTINS
  if (specifier.startsWith('ostler/')) return 'handlers import "ostler" alone'
  if (/^[/\\]|^[a-z]:[/\\]/i.test(specifier)) return 'absolute paths are not bundled, only relative ones and packages'
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(specifier)?.[0]
  return scheme && `"${scheme}" is not bundled, only relative paths and packages`
}

function reasonOf(place: Located, boundary: Boundary): string {
  if (place.kind === 'outside') return outside(boundary)
  if (place.kind === 'unreadable') return place.reason
  return place.kind === 'folder' ? 'it is a folder' : 'no such file'
}

/** `@scope/name/sub/file` → `@scope/name`, `./sub/file`. */
function splitSpecifier(specifier: string): [name: string, subpath: string] {
  const parts = specifier.split('/')
  const length = specifier.startsWith('@') ? 2 : 1
  return [parts.slice(0, length).join('/'), ['.', ...parts.slice(length)].join('/')]
}

function candidatesOf(path: string): string[] {
  const extension = extname(path)
  const source = SOURCE_OF[extension]
  const added = isInstalled(path) ? ['.js', '.cjs', '.json', '.ts'] : ['.ts', '.js', '.json']
  return [path, ...(source ? [path.slice(0, -extension.length) + source] : []), ...added.map((ending) => path + ending)]
}

/** What `browser` of a package says for one of its own files; keys may leave the extension out. */
function standInFor(own: PackageJson, real: string): unknown {
  const key = `./${relative(own.folder, real).split(sep).join('/')}`
  return own.browser[key] ?? own.browser[key.slice(0, -extname(key).length || undefined)]
}

/** Cut, as a `data:` specifier can be a whole file. */
function quote(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text)
}
