import { createHash } from 'node:crypto'
import { basename, extname, resolve } from 'node:path'
import { type BuildOptions, type BuildResult, build } from 'esbuild'
import { type Fault, RuntimeError } from '../errors.ts'
import { shownPath } from '../util/shown-path.ts'
import { createBoundary } from './bundle-boundary.ts'
import { faultOf } from './bundle-fault.ts'
import { type BundleFiles, createBundlePlugin } from './bundle-plugin.ts'
import { isInstalled } from './bundle-resolve.ts'
import { withBundler } from './bundle-service.ts'

/** A handler and all it imports, as one script for a guest. */
export interface Bundle {
  /** The handler file, as it was given, absolute. */
  readonly file: string
  /** The file name the script is evaluated under, e.g. `mydemo.handler.js`: stack frames with it are the handler's. */
  readonly name: string
  /** The first 12 hexadecimal digits of the code's SHA-256. */
  readonly hash: string
  /** CommonJS for ES2022: reads and sets `module.exports`. */
  readonly code: string
  /** JSON. `sources` are absolute real paths; only files of the handler's author have `sourcesContent`. */
  readonly sourceMap: string
  /** What to watch: the author's files as written and as they really lie, and the package.json of what was used. */
  readonly inputs: readonly string[]
}

export interface BundleOptions {
  readonly file: string
  /** The folder of the config file. */
  readonly configDir: string
  /** Told of every input as it is met, so that a build that fails says what to watch for the next try. */
  readonly onInput?: (path: string) => void
}

/** A guest takes no frame above 4 MiB; what is left is for the frame's other fields. */
const MAX_BUNDLE_BYTES = 4 * 1024 * 1024 - 64 * 1024

const MAX_FAULTS = 100

/**
 * Bundles one handler, without reading anything outside its boundary (see createBoundary()) and without blocking.
 * errors: RuntimeError HANDLER_INVALID with all faults of the build
 * limits: a file 4 MiB, all files 64 MiB, the bundle 4 MiB as a JSON string
 */
export async function bundleHandler({ file, configDir, onInput }: BundleOptions): Promise<Bundle> {
  const path = resolve(file)
  const inputs = new Set<string>()
  const addInput = (input: string) => {
    if (!inputs.has(input)) onInput?.(input)
    inputs.add(input)
  }
  const boundary = await createBoundary(path, configDir)
  const { map, script, files } = await withBundler(async () => {
    const files = createBundlePlugin({ boundary, entry: path, onInput: addInput })
    return { ...(await runBuild(path, files)), files }
  }).catch((error: Error) => Promise.reject(error instanceof RuntimeError ? error : crashed(path, error)))
  assertSize(script, path)
  const name = `${basename(path, extname(path)).replace(/[^\w.-]/g, '-')}.handler.js`
  const hash = createHash('sha256').update(script).digest('hex').slice(0, 12)
  return { file: path, name, hash, code: script, sourceMap: withRealSources(map, files), inputs: [...inputs] }
}

type Built = Pick<BuildResult, 'errors' | 'warnings'> & Partial<Pick<BuildResult, 'outputFiles'>>

/** esbuild's own process does the work. */
async function runBuild(entry: string, files: BundleFiles): Promise<{ map: string; script: string }> {
  const built: Built = await build({ ...OPTIONS, entryPoints: [entry], plugins: [files.plugin] }).catch((error) => {
    const { errors, warnings } = error as Partial<Built>
    if (errors === undefined) throw error
    return { errors, warnings: warnings ?? [] }
  })
  const faults = faultsOf(built, entry, files)
  const [map, script] = built.outputFiles ?? []
  if (faults.length > 0 || map === undefined || script === undefined) throw invalid(entry, faults)
  return { map: map.text, script: script.text }
}

const OPTIONS = {
  outfile: 'bundle.js',
  bundle: true,
  write: false,
  format: 'cjs',
  platform: 'neutral',
  // What vm2 parses; nor is `import()` known to it.
  target: 'es2022',
  supported: { 'dynamic-import': false },
  charset: 'utf8',
  keepNames: true,
  legalComments: 'none',
  sourcemap: 'external',
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  // Both would be looked for on disk otherwise, outside the boundary too.
  tsconfigRaw: '{}',
  nodePaths: [],
  logLevel: 'silent',
  logLimit: 0,
  logOverride: { 'unsupported-dynamic-import': 'warning', 'unsupported-require-call': 'warning' },
} as const satisfies BuildOptions

/** Warnings that mean failure in a guest, and what to say for them and for one error. */
const REWORDED: readonly [pattern: RegExp, message: string][] = [
  [/^"import\.meta" is not available/, 'Cannot use "import.meta": a handler is one script, without a place of its own'],
  [
    /^This "import" expression will not be bundled/,
    'Cannot use "import()" with a path that is put together at run time',
  ],
  [
    /^This call to "require" will not be bundled/,
    'Cannot use "require()" with a path that is put together at run time',
  ],
  [/should be marked as external for use with "require.resolve"/, 'Cannot use "require.resolve()" in a handler'],
  [/^Top-level await is/, 'Cannot use top-level "await": a handler loads synchronously'],
]

function faultsOf({ errors, warnings }: Built, entry: string, files: BundleFiles): Fault[] {
  const fatal = warnings.flatMap((warning) => {
    const message = REWORDED.find(([pattern]) => pattern.test(warning.text))?.[1]
    const real = warning.location === null ? undefined : files.realOf(warning.location.file)
    // Installed packages do such things in branches that are never reached.
    return message === undefined || real === undefined || isInstalled(real) ? [] : [{ ...warning, text: message }]
  })
  const failed = errors.map((error) => ({ ...error, text: files.rewordOf(error) ?? reword(error.text) }))
  return [...failed, ...fatal].slice(0, MAX_FAULTS).map((message) =>
    faultOf(message, shownPath(entry), (name) => {
      const real = files.realOf(name)
      return real && shownPath(real)
    }),
  )
}

const reword = (text: string) => REWORDED.find(([pattern]) => pattern.test(text))?.[1] ?? text

function assertSize(code: string, file: string): void {
  if (code.length <= MAX_BUNDLE_BYTES && Buffer.byteLength(JSON.stringify(code)) <= MAX_BUNDLE_BYTES) return
  const message = `Cannot bundle: the script has ${Buffer.byteLength(code)} bytes; as JSON it must fit ${MAX_BUNDLE_BYTES}`
  throw invalid(file, [{ file: shownPath(file), line: 1, column: 1, message }])
}

function crashed(file: string, { message }: Error): RuntimeError {
  return invalid(file, [{ file: shownPath(file), line: 1, column: 1, message: `Cannot bundle: ${message}` }])
}

function invalid(file: string, faults: readonly Fault[]): RuntimeError {
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
  const message = `Cannot bundle handler "${shownPath(file)}": ${faults[0]?.message ?? 'esbuild gave no output'}${more}`
  return new RuntimeError('HANDLER_INVALID', message, { faults })
}

/** esbuild names files as the plugin does; people want paths. What is of no known file (a package's own map) gets none. */
function withRealSources(text: string, { realOf }: BundleFiles): string {
  const map = JSON.parse(text) as { sources: string[]; sourcesContent?: (string | null)[] }
  const sources = map.sources.map((source) => realOf(source) ?? null)
  const sourcesContent = sources.map((real, i) => (real && !isInstalled(real) ? map.sourcesContent?.[i] : null) ?? null)
  return JSON.stringify({ ...map, sources, sourcesContent })
}
