/**
 * Makes the production host: `node .ci/build.ts [FOLDER]`, default dist/.
 * writes: ostler.js, the host and all it imports but errors.js · guest.js, what its guests run · index.js and index.d.ts, what
 *         handlers import as 'ostler' · apiserver.js with kinds.json and protobuf.json, the embedded API server, which ostler.js
 *         loads when it is asked for · testing.js and testing.d.ts, what handlers' tests import as 'ostler/testing'
 *
 * Not bundled: esbuild, whose work is done by a native binary that it finds beside its own package. An image needs
 * node_modules/esbuild and node_modules/@esbuild/PLATFORM next to these files, and nothing else of node_modules.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { buildGuest } from '../runtime/sandbox/guest-bundle.ts'

const root = resolve(import.meta.dirname, '..')

/**
 * CommonJS inside the bundle asks for built-ins by these names, which an ES module lacks. The line that makes the file a
 * command with its flag stands in the entry, and esbuild keeps it first.
 */
const BANNER = `import { createRequire as ostlerCreateRequire } from 'node:module'
const require = ostlerCreateRequire(import.meta.url)
const __filename = import.meta.filename
const __dirname = import.meta.dirname
`

/** A bundled host has its guest beside it and no runtime/ to make one from (see sandbox/guest-code.ts). */
const guestBeside: Plugin = {
  name: 'guest-beside',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]runtime[\\/]sandbox[\\/]guest-bundle\.ts$/ }, () => ({
      contents: `export async function buildGuest() { throw new Error('Cannot find guest.js beside the host') }`,
      loader: 'js',
    }))
  },
}

/**
 * Modules that are files of their own: the embedded API server, so that a host in production never reads it, and the errors, so
 * that those of the one are known to the other.
 */
const FILES = { 'runtime/errors.ts': 'errors.js', 'runtime/apiserver/local-cluster.ts': 'apiserver.js' } as const

const filesBeside: Plugin = {
  name: 'files-beside',
  setup({ onResolve }) {
    onResolve({ filter: /[\\/](errors|local-cluster)\.ts$/ }, ({ kind, path, resolveDir }) => {
      const module = relative(root, resolve(resolveDir, path)).replaceAll('\\', '/')
      const file = kind === 'entry-point' ? undefined : FILES[module as keyof typeof FILES]
      return file === undefined ? undefined : { path: `./${file}`, external: true }
    })
  },
}

/** What the embedded API server reads when it starts. */
const API_SERVER_DATA = ['kinds.json', 'protobuf.json']

async function buildBundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    banner: { js: BANNER },
    external: ['esbuild'],
    plugins: [guestBeside, filesBeside],
    // Not minified: the names in a stack trace stay readable.
    keepNames: true,
    // What the bundled packages' licences ask to be kept.
    legalComments: 'eof',
    logLevel: 'warning',
  })
}

/** The doors of handlers and of their tests, as other projects need not allow imports of .ts files: declarations, and all they name. */
function declareTypes(folder: string, entries: readonly string[]): void {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const flags = '--ignoreConfig --strict --module nodenext --target es2024 --lib es2024,esnext.disposable --types node'
  const rest =
    '--allowImportingTsExtensions --exactOptionalPropertyTypes --skipLibCheck --declaration --emitDeclarationOnly'
  const all = mkdtempSync(join(tmpdir(), 'ostler-types-'))
  try {
    const files = [...entries, 'guest/prelude.d.ts'].map((entry) => join(root, 'runtime', entry))
    const args = [tsc, ...files, ...flags.split(' '), ...rest.split(' '), '--outDir', all]
    execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
    for (const path of declarationsFrom(all, entries)) cpSync(join(all, path), join(folder, path))
  } finally {
    rmSync(all, { recursive: true, force: true })
  }
}

/** The declarations of these modules and of all that they import, relative to `all`. */
function declarationsFrom(all: string, entries: readonly string[]): string[] {
  const found = new Set(entries.map((entry) => entry.replace(/\.ts$/, '.d.ts')))
  for (const path of found) {
    const imports = readFileSync(join(all, path), 'utf8').matchAll(/from '(\.[^']+)\.ts'/g)
    for (const [, name] of imports) found.add(relative(all, join(all, dirname(path), `${name}.d.ts`)))
  }
  return [...found]
}

const folder = resolve(process.argv[2] ?? join(root, 'dist'))
mkdirSync(folder, { recursive: true })
// What another version left: a file that nothing makes any more would be packed too.
for (const file of globSync('*.{js,json}', { cwd: folder })) rmSync(join(folder, basename(file)))
await buildBundle('runtime/cli/main.ts', join(folder, 'ostler.js'))
chmodSync(join(folder, 'ostler.js'), 0o755)
writeFileSync(join(folder, 'guest.js'), await buildGuest())
for (const [module, file] of Object.entries(FILES)) await buildBundle(module, join(folder, file))
for (const file of API_SERVER_DATA) copyFileSync(join(root, 'runtime/apiserver/kinds', file), join(folder, file))
await buildBundle('runtime/testing.ts', join(folder, 'testing.js'))
await build({
  entryPoints: [join(root, 'runtime/index.ts')],
  outfile: join(folder, 'index.js'),
  bundle: true,
  format: 'esm',
})
declareTypes(folder, ['index.ts', 'testing.ts'])
