import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Bundle, bundleHandler } from '../../runtime/sandbox/bundle.ts'
import { OSTLER_MODULE } from '../../runtime/sandbox/bundle-ostler.ts'
import { createProject, exportsOf } from './bundle-project.ts'

describe('bundleHandler()', () => {
  test('makes one CommonJS script of a handler and its imports, with a name, a hash and what to watch', async () => {
    const project = createProject({
      'handlers/h.ts': `import { twice } from './lib/math'\nexport const reconcile = async (n: number): Promise<number> => twice(n)`,
      'handlers/lib/math.ts': `import factor from '../factor.json' with { type: 'json' }\nexport const twice = (n: number) => n * factor`,
      'handlers/factor.json': '2',
    })
    const bundle = await project.bundle()
    expect(bundle).toMatchObject({ file: join(project.root, 'handlers/h.ts'), name: 'h.handler.js' })
    expect(bundle.hash).toMatch(/^[0-9a-f]{12}$/)
    expect(bundle.inputs).toEqual(
      ['handlers/h.ts', 'handlers/lib/math.ts', 'handlers/factor.json'].map((path) => join(project.root, path)),
    )
    const { reconcile } = exportsOf(bundle) as { reconcile: (n: number) => Promise<number> }
    expect(await reconcile(21)).toBe(42)
  })

  test('gives equal code and hash for equal trees in different places, and another hash for another text', async () => {
    const files = { 'handlers/h.ts': `import './x.ts'\nexport const reconcile = 1`, 'handlers/x.ts': 'console.log(1)' }
    const [one, two] = [createProject(files), createProject(files)]
    const bundle = await one.bundle()
    expect((await two.bundle()).hash).toBe(bundle.hash)
    two.write('handlers/x.ts', 'console.log(2)')
    expect((await two.bundle()).hash).not.toBe(bundle.hash)
  })

  test("resolves 'ostler' by itself, wherever the handler lies, and only that", async () => {
    const project = createProject({
      'handlers/h.ts': `import { TerminalError, type Reconcile } from 'ostler'\nexport const reconcile: Reconcile = () => { throw new TerminalError('no') }`,
      'handlers/sub.ts': `import 'ostler/runtime/index.ts'`,
      'node_modules/ostler/index.js': 'throw new Error("not this one")',
    })
    const { reconcile } = exportsOf(await project.bundle()) as { reconcile: () => void }
    expect(reconcile).toThrow(expect.objectContaining({ name: 'TerminalError', message: 'no' }))
    expect(await project.faults('handlers/sub.ts')).toEqual([
      'handlers/sub.ts:1:8: Cannot import "ostler/runtime/index.ts": handlers import "ostler" alone',
    ])
  })

  test("carries the text of guest/terminal-error.ts for 'ostler'", () => {
    const source = readFileSync(resolve(import.meta.dirname, '../../runtime/guest/terminal-error.ts'), 'utf8')
    const bare = (text: string) =>
      text
        .replace(/\/\*\*[\s\S]*?\*\//g, '')
        .replace(/\s+/g, ' ')
        .trim()
    expect(bare(OSTLER_MODULE)).toBe(bare(stripTypeScriptTypes(source.replace('override readonly ', ''))))
  })

  test('names all faults of a build at once, each with its place and line', async () => {
    const project = createProject({
      'handlers/h.ts': `import fs from 'node:fs'\nimport { join } from 'path'\nimport './broken.ts'\nimport 'absent'\nimport './nothing'\nexport const reconcile = () => [fs, join]`,
      'handlers/broken.ts': `const umlaut = 'ä'; )`,
    })
    expect((await project.faults()).sort()).toEqual([
      expect.stringMatching(/^handlers\/broken\.ts:1:21: Unexpected "\)"/),
      'handlers/h.ts:1:16: Cannot import "node:fs": handlers have no Node.js built-ins',
      'handlers/h.ts:2:22: Cannot import "path": handlers have no Node.js built-ins',
      'handlers/h.ts:4:8: Cannot import "absent": no such package in a node_modules below "/app"',
      'handlers/h.ts:5:8: Cannot import "./nothing": no such file',
    ])
    const error = await project.bundle().catch((error: unknown) => error)
    expect(error).toMatchObject({
      code: 'HANDLER_INVALID',
      message: expect.stringMatching(/^Cannot bundle handler ".*h\.ts": .* \(and 4 more\)$/),
      faults: expect.arrayContaining([expect.objectContaining({ excerpt: `import fs from 'node:fs'` })]),
    })
  })

  test.each([
    ['missing', 'handlers/none.ts', 'Cannot read handler: no such file'],
    ['a folder', 'handlers', 'Cannot read handler: it is a folder'],
    ['no TypeScript or JavaScript', 'handlers/h.txt', 'Cannot read handler: only .ts, .mts'],
    ['too large', 'handlers/large.ts', 'Cannot read "/app/handlers/large.ts": it has 5000000 bytes, more than 4194304'],
  ])('says what is wrong with a handler that is %s', async (_, handler, message) => {
    const project = createProject({ 'handlers/h.txt': '', 'handlers/large.ts': ' '.repeat(5_000_000) })
    expect(await project.faults(handler)).toEqual([expect.stringContaining(message)])
  })

  test.each([
    ['top-level await', 'await 1\nexport {}', 'Cannot use top-level "await": a handler loads synchronously'],
    ['import.meta', 'export const reconcile = import.meta.url', 'Cannot use "import.meta"'],
    [
      'import() of a variable',
      'export const reconcile = (x: string) => import(x)',
      'Cannot use "import()" with a path',
    ],
    [
      'require() of a variable',
      'export const reconcile = (x: string) => require(x)',
      'Cannot use "require()" with a path',
    ],
    ['require.resolve()', `export const reconcile = () => require.resolve('./h.ts')`, 'Cannot use "require.resolve()"'],
    [
      'a built-in by require()',
      `export const fs = require('fs')`,
      'Cannot import "fs": handlers have no Node.js built-ins',
    ],
  ])('refuses %s', async (_, source, message) => {
    const project = createProject({ 'handlers/h.ts': source })
    expect(await project.faults()).toEqual([expect.stringContaining(message)])
  })

  test('bundles import() of a constant path in', async () => {
    const project = createProject({
      'handlers/h.ts': `export const reconcile = async () => (await import('./late.ts')).value`,
      'handlers/late.ts': 'export const value = 7',
    })
    const bundle = await project.bundle()
    expect(bundle.code).not.toContain('import(')
    expect(await (exportsOf(bundle) as { reconcile: () => Promise<number> }).reconcile()).toBe(7)
  })

  test('tells inputs of a build that fails, with the files that would mend it', async () => {
    const project = createProject({
      'handlers/h.ts': `import './later'\nimport './there.ts'`,
      'handlers/there.ts': '@',
    })
    const told: string[] = []
    const options = { configDir: join(project.root, 'config'), onInput: (path: string) => told.push(path) }
    await expect(bundleHandler({ file: join(project.root, 'handlers/h.ts'), ...options })).rejects.toThrow(
      'Cannot bundle',
    )
    expect(told).toEqual(
      expect.arrayContaining(
        ['h.ts', 'there.ts', 'later.ts', 'later.js'].map((name) => join(project.root, 'handlers', name)),
      ),
    )
    expect(new Set(told).size).toBe(told.length)
  })

  test('refuses a bundle that no frame can carry', async () => {
    const project = createProject({
      'handlers/h.ts': `export { a } from './a.ts'\nexport { b } from './b.ts'`,
      'handlers/a.ts': `export const a = '${'a'.repeat(3_000_000)}'`,
      'handlers/b.ts': `export const b = '${'b'.repeat(3_000_000)}'`,
    })
    expect(await project.faults()).toEqual([expect.stringMatching(/Cannot bundle: the script has 600\d+ bytes/)])
  })
})

describe('bundleHandler() with installed packages', () => {
  const handler = `import * as all from 'pkg'\nexport const reconcile = all`

  test.each([
    ['main', { main: './lib' }, { 'lib.js': 'exports.from = "main"' }, 'main'],
    ['a folder as main', { main: 'lib/' }, { 'lib/index.js': 'exports.from = "folder"' }, 'folder'],
    ['index.js without a main', {}, { 'index.js': 'exports.from = "index"' }, 'index'],
    ['module before main', { main: 'm.cjs', module: 'm.mjs' }, { 'm.mjs': 'export const from = "esm"' }, 'esm'],
    ['browser before module', { module: 'm.mjs', browser: 'b.js' }, { 'b.js': 'exports.from = "browser"' }, 'browser'],
    ['exports before main', { main: 'm.js', exports: './e.js' }, { 'e.js': 'exports.from = "exports"' }, 'exports'],
    ['default past node', { exports: { node: './n.js', default: './d.js' } }, { 'd.js': 'exports.from = "d"' }, 'd'],
    [
      'import past require',
      { exports: { '.': { require: './r.js', import: './i.js' } } },
      { 'i.js': 'exports.from = "i"' },
      'i',
    ],
    [
      'browser in exports',
      { exports: { browser: './b.js', default: './d.js' } },
      { 'b.js': 'exports.from = "b"' },
      'b',
    ],
    [
      'a file that browser replaces',
      { main: 'n.js', browser: { './n.js': './b.js' } },
      { 'n.js': '', 'b.js': 'exports.from = "b"' },
      'b',
    ],
    [
      'a built-in that browser takes out',
      { browser: { fs: false } },
      { 'index.js': 'exports.from = typeof require("fs")' },
      'object',
    ],
    [
      'a built-in asked for in a try',
      {},
      { 'index.js': 'try { require("fs") } catch { exports.from = "none" }' },
      'none',
    ],
    [
      'its own name',
      { name: 'pkg', exports: { '.': './a.js', './b': './b.js' } },
      { 'a.js': 'exports.from = require("pkg/b")', 'b.js': 'module.exports = "b"' },
      'b',
    ],
    [
      'its imports',
      { imports: { '#x/*': './x/*.js' } },
      { 'index.js': 'exports.from = require("#x/y")', 'x/y.js': 'module.exports = "y"' },
      'y',
    ],
  ])('takes %s', async (_, fields, files, expected) => {
    const project = createProject({ 'handlers/h.ts': handler })
    project.write('node_modules/pkg/package.json', JSON.stringify(fields))
    for (const [name, text] of Object.entries(files)) project.write(`node_modules/pkg/${name}`, text)
    const { reconcile } = exportsOf(await project.bundle()) as { reconcile: { from: string } }
    expect(reconcile.from).toBe(expected)
  })

  test.each([
    ['a subpath that is not exported', `import 'pkg/secret.js'`, 'the package does not export "./secret.js"'],
    ['a target that is not there', `import 'pkg/gone'`, 'its target "./gone.js" is no file'],
    [
      'a package that needs a built-in',
      `import 'needy'`,
      'Cannot import "node:net": handlers have no Node.js built-ins',
    ],
    ['a package.json that is no JSON', `import 'broken'`, 'is not a JSON object'],
  ])('refuses %s', async (_, source, message) => {
    const project = createProject({ 'handlers/h.ts': source, 'node_modules/pkg/secret.js': '' })
    project.write(
      'node_modules/pkg/package.json',
      JSON.stringify({ exports: { '.': './i.js', './gone': './gone.js' } }),
    )
    project.write('node_modules/needy/index.js', `import net from 'node:net'\nexport default net`)
    project.write('node_modules/broken/package.json', '{')
    expect(await project.faults()).toEqual([expect.stringContaining(message)])
  })

  test('drops what a package without side effects leaves unused, and watches its package.json only', async () => {
    const project = createProject({ 'handlers/h.ts': `import { used } from 'pkg'\nexport const reconcile = used` })
    project.write('node_modules/pkg/package.json', '{"sideEffects":false,"module":"index.js"}')
    project.write('node_modules/pkg/index.js', `export { used } from './used.js'\nexport { idle } from './idle.js'`)
    project.write('node_modules/pkg/used.js', `export const used = 'used'`)
    project.write('node_modules/pkg/idle.js', `console.log('idle')\nexport const idle = 1`)
    const bundle = await project.bundle()
    expect(bundle.code).not.toContain('idle')
    expect(bundle.inputs).toEqual(
      ['handlers/h.ts', 'node_modules/pkg/package.json'].map((path) => join(project.root, path)),
    )
  })

  test.each([
    [
      'zod',
      `import { z } from 'zod'\nexport const reconcile = z.object({ n: z.number().min(1) }).safeParse({ n: 0 }).success`,
      false,
    ],
    ['yaml', `import { parse } from 'yaml'\nexport const reconcile = parse('a: [1]')`, { a: [1] }],
    ['semver', `import semver from 'semver'\nexport const reconcile = semver.satisfies('1.2.3', '^1.0.0')`, true],
    [
      'date-fns',
      `import { addDays, formatISO } from 'date-fns'\nexport const reconcile = formatISO(addDays(new Date(2026, 0, 31), 1), { representation: 'date' })`,
      '2026-02-01',
    ],
    ['uuid', `import { v4, validate } from 'uuid'\nexport const reconcile = validate(v4())`, true],
  ])('bundles %s without a built-in', async (_, source, expected) => {
    const project = createProject({ 'handlers/h.ts': source })
    project.link('node_modules', resolve(import.meta.dirname, '../../node_modules'))
    const bundle: Bundle = await bundleHandler({
      file: join(project.root, 'handlers/h.ts'),
      // The packages are this project's own, so its root has to be inside.
      configDir: resolve(import.meta.dirname, '../..'),
    })
    expect(exportsOf(bundle)).toEqual({ reconcile: expected })
    expect(bundle.code).not.toMatch(/\brequire\("/)
  })
})
