import { extname, relative, sep } from 'node:path'
import type {
  Message,
  OnLoadResult,
  OnResolveArgs,
  OnResolveResult,
  PartialMessage,
  Plugin,
  TransformFailure,
} from 'esbuild'
import { type Boundary, MAX_TOTAL_BYTES, type Read, readInside } from './bundle-boundary.ts'
import { findComputedImport, hasComputedImport } from './bundle-computed-import.ts'
import { OSTLER_MODULE } from './bundle-ostler.ts'
import { createResolver, LOADERS, type Resolution } from './bundle-resolve.ts'

export interface BundleFiles {
  readonly plugin: Plugin
  /** The real path of a file as esbuild names it in messages and maps; undefined for what is no file. */
  realOf(name: string): string | undefined
  /** What to say in place of esbuild's "Could not resolve". */
  rewordOf(message: Message): string | undefined
}

export interface BundlePluginOptions {
  readonly boundary: Boundary
  readonly entry: string
  readonly onInput: (path: string) => void
}

/** Not `file`: of a namespace it does not know esbuild reads nothing by itself, neither files nor the maps they name. */
const NAMESPACE = 'src'

/**
 * Puts resolution and reading for one build into our hands: esbuild sees only text that the boundary let through.
 * Files are named by their place relative to the boundary's base, so that equal trees give equal code wherever they lie.
 */
export function createBundlePlugin({ boundary, entry, onInput }: BundlePluginOptions): BundleFiles {
  const resolver = createResolver(boundary, onInput)
  const reals = new Map<string, string>()
  const missing = new Map<string, string>()
  let totalBytes = 0
  let lastRead: Promise<unknown> = Promise.resolve()

  return {
    plugin: {
      name: 'ostler',
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /.*/ }, resolveImport)
        onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => loadFile(path))
        onLoad({ filter: /.*/, namespace: 'ostler' }, () => ({ contents: OSTLER_MODULE, loader: 'js' }))
        onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'module.exports = {}', loader: 'js' }))
        // Nothing should get here; if a way is left, it ends here.
        onLoad({ filter: /.*/ }, () => failure('Cannot import: the path is not known before run time'))
      },
    },
    realOf: (name) => reals.get(name.startsWith(`${NAMESPACE}:`) ? name.slice(NAMESPACE.length + 1) : ''),
    rewordOf: ({ text, location }) => missing.get(`${location?.file} ${specifierIn(text)}`),
  }

  async function resolveImport(args: OnResolveArgs): Promise<OnResolveResult | undefined> {
    if (args.kind === 'entry-point') return answer(await resolver.resolveEntry(entry), args)
    const attribute = Object.entries(args.with).find(([key, value]) => key !== 'type' || value !== 'json')
    if (attribute) return failure(`Cannot import with { ${attribute.join(': ')} }: only { type: json } is known`)
    const importer = reals.get(args.importer)
    if (importer === undefined) return failure('Cannot import from here')
    const kind = args.kind.startsWith('require') ? 'require' : 'import'
    return answer(await resolver.resolve({ specifier: args.path, importer, kind }), args)
  }

  function answer(resolution: Resolution, { path, importer }: OnResolveArgs): OnResolveResult | undefined {
    switch (resolution.kind) {
      case 'file':
        return { path: nameOf(resolution.real), namespace: NAMESPACE, sideEffects: resolution.sideEffects }
      case 'ostler':
        return { path: 'ostler', namespace: 'ostler' }
      case 'empty':
        return { path, namespace: 'empty' }
      case 'refused':
        return failure(resolution.message)
      case 'missing':
        // Left to esbuild, which can look nowhere but knows whether a `try` stands around it.
        missing.set(`${NAMESPACE}:${importer} ${path}`, resolution.message)
        return undefined
    }
  }

  function nameOf(real: string): string {
    const name = relative(boundary.base, real).split(sep).join('/')
    reals.set(name, real)
    return name
  }

  /** One after the other: esbuild asks for thousands at once, and what is held of them must stay within the total. */
  function readNext(real: string): Promise<Read> {
    const read = lastRead.then(async (): Promise<Read> => {
      if (totalBytes > MAX_TOTAL_BYTES) return { kind: 'read', text: '' }
      const next = await readInside(boundary, real)
      if (next.kind === 'read') totalBytes += next.text.length
      return next
    })
    lastRead = read
    return read
  }

  async function loadFile(name: string): Promise<OnLoadResult> {
    const real = reals.get(name) as string
    const read = await readNext(real)
    if (read.kind === 'unreadable') return failure(`Cannot read ${JSON.stringify(real)}: ${read.reason}`)
    if (totalBytes > MAX_TOTAL_BYTES) return failure(`Cannot bundle more than ${MAX_TOTAL_BYTES} bytes of source`)
    const loader = LOADERS[extname(real)] ?? 'js'
    if (loader === 'json') return { contents: read.text, loader }
    const text = withoutSourceMap(read.text)
    const errors = await computedImportsIn(name, text, loader)
    return errors.length > 0 ? { errors } : { contents: text, loader }
  }
}

const failure = (text: string) => ({ errors: [{ text }] })

/**
 * esbuild reads the map that a comment names, by a `file:` address from anywhere, and quotes it when it does not parse.
 * Escaped, the word is none to esbuild but the same to JavaScript, should it stand in a string, a pattern or a name.
 */
function withoutSourceMap(text: string): string {
  return text.replace(/(?<!\\)sourceMappingURL/g, '\\u0073ourceMappingURL')
}

/** Refused in installed packages as well: what matters is what esbuild would do with it. Text that does not parse, too. */
async function computedImportsIn(name: string, text: string, loader: 'ts' | 'js'): Promise<PartialMessage[]> {
  try {
    return (await hasComputedImport(text, loader)) ? [computedImportIn(name, text)] : []
  } catch (error) {
    const { errors } = error as Partial<TransformFailure>
    if (errors === undefined) throw error
    return errors.map(({ text, location }) => ({ text, location: { ...location, file: name, namespace: NAMESPACE } }))
  }
}

function computedImportIn(name: string, text: string): PartialMessage {
  const before = text.slice(0, findComputedImport(text))
  const start = before.lastIndexOf('\n') + 1
  const lineText = text.slice(start).split('\n', 1)[0] as string
  const line = before.split('\n').length
  const location = { file: name, namespace: NAMESPACE, line, column: Buffer.byteLength(before.slice(start)), lineText }
  return { text: 'Cannot use "import()" or "require()" with a path that is put together at run time', location }
}

function specifierIn(text: string): string | undefined {
  const quoted = /^Could not resolve (".*")$/s.exec(text)?.[1]
  try {
    return quoted === undefined ? undefined : (JSON.parse(quoted) as string)
  } catch {
    return undefined
  }
}
