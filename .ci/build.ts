/**
 * Makes the production host: `node .ci/build.ts [FOLDER]`, default dist/.
 * writes: ostler.js, the host and all it imports as one ES module · guest.js, what its guests run · index.js and
 *         index.d.ts, what handlers and their tests import as 'ostler'
 *
 * Not bundled: esbuild, whose work is done by a native binary that it finds beside its own package. An image needs
 * node_modules/esbuild and node_modules/@esbuild/PLATFORM next to this file, and nothing else of node_modules.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
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

async function buildHost(folder: string): Promise<void> {
  const outfile = join(folder, 'ostler.js')
  await build({
    entryPoints: [join(root, 'runtime/cli/main.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    banner: { js: BANNER },
    external: ['esbuild'],
    plugins: [guestBeside],
    // Not minified: the names in a stack trace stay readable.
    keepNames: true,
    // What the bundled packages' licences ask to be kept.
    legalComments: 'eof',
    logLevel: 'warning',
  })
  chmodSync(outfile, 0o755)
}

/** The handlers' door. Its types are declarations, as other projects need not allow imports of .ts files. */
async function buildIndex(folder: string): Promise<void> {
  const entry = join(root, 'runtime/index.ts')
  await build({ entryPoints: [entry], outfile: join(folder, 'index.js'), bundle: true, format: 'esm' })
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const flags = '--ignoreConfig --strict --module nodenext --target es2024 --allowImportingTsExtensions --types node'
  const emit = ['--declaration', '--emitDeclarationOnly', '--outDir', folder]
  execFileSync(process.execPath, [tsc, entry, ...flags.split(' '), ...emit], { cwd: root, stdio: 'inherit' })
}

const folder = resolve(process.argv[2] ?? join(root, 'dist'))
mkdirSync(folder, { recursive: true })
await buildHost(folder)
writeFileSync(join(folder, 'guest.js'), await buildGuest())
await buildIndex(folder)
