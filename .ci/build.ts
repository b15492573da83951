/**
 * Makes the production host: `node .ci/build.ts [FOLDER]`, default dist/.
 * writes: ostler.js, the host and all it imports as one ES module · guest.js, what its guests run
 *
 * Not bundled: esbuild, whose work is done by a native binary that it finds beside its own package. An image needs
 * node_modules/esbuild and node_modules/@esbuild/PLATFORM next to this file, and nothing else of node_modules.
 */
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
    // Names and lines of a stack trace stay readable; the file is read once.
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
  })
  chmodSync(outfile, 0o755)
}

const folder = resolve(process.argv[2] ?? join(root, 'dist'))
mkdirSync(folder, { recursive: true })
await buildHost(folder)
writeFileSync(join(folder, 'guest.js'), await buildGuest())
