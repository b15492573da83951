/**
 * The guest as one file of code, so that its process needs no permission to read any other.
 * Below its entry, guest/main.ts, guest/member.ts imports `createVm` from './vm.ts' and the prelude's source by
 * `import prelude from 'ostler:prelude'`; the answer is CommonJS and belongs into a file that ends in `.cjs`.
 */
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'

const guestEntry = fileURLToPath(new URL('../guest/main.ts', import.meta.url))
const preludeEntry = fileURLToPath(new URL('../guest/prelude/main.ts', import.meta.url))

/** Bundles the guest; `entry` is another one in tests. */
export function buildGuest(entry = guestEntry): Promise<string> {
  return buildText({ entryPoints: [entry], platform: 'node', target: 'node26', plugins: [guestModules] })
}

/** Bundles what runs inside the sandbox: an expression whose value is the prelude's `deliver`. */
export function buildPrelude(): Promise<string> {
  return buildText({
    entryPoints: [preludeEntry],
    platform: 'neutral',
    // what vm2 parses; unminified, as vm2 asks
    target: 'es2022',
    banner: { js: '(() => { const module = { exports: {} };' },
    footer: { js: 'return module.exports.deliver })()' },
  })
}

async function buildText(options: BuildOptions): Promise<string> {
  const built = await build({ bundle: true, format: 'cjs', write: false, logLevel: 'silent', ...options })
  return built.outputFiles?.[0]?.text ?? ''
}

const guestModules: Plugin = {
  name: 'guest-modules',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^ostler:prelude$/ }, () => ({ path: 'prelude', namespace: 'ostler' }))
    esbuild.onLoad({ filter: /^prelude$/, namespace: 'ostler' }, async () => ({
      contents: await buildPrelude(),
      loader: 'text',
    }))
    // the VM alone: vm2's root also loads NodeVM, which reads and resolves files
    esbuild.onResolve({ filter: /^vm2$/ }, ({ resolveDir, kind }) =>
      esbuild.resolve('vm2/lib/vm.js', { resolveDir, kind }),
    )
    // vm2's optional compilers
    esbuild.onResolve({ filter: /^(coffee-script|typescript)$/ }, ({ path }) => ({ path, external: true }))
  },
}
