// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the source of handlers, which has such placeholders
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createBoundary, locate, readInside } from '../../runtime/sandbox/bundle-boundary.ts'
import { createProject, exportsOf, SECRET } from './bundle-project.ts'

const using = (imported: string) => `import token from ${imported}\nexport const reconcile = () => token\n`

describe('bundleHandler() refuses', () => {
  test.each([
    ['type text', `'../../outside/token' with { type: 'text' }`],
    ['type bytes', `'../../outside/token' with { type: 'bytes' }`],
    ['type file', `'./h.ts' with { type: 'file' }`],
    ['type text for one of its own files', `'./h.ts' with { type: 'text' }`],
    ['another attribute', `'./own.json' with { type: 'json', lazy: 'yes' }`],
  ])('an import attribute other than json: %s', async (_, imported) => {
    const project = createProject({ 'handlers/h.ts': using(imported), 'handlers/own.json': '{}' })
    expect(await project.faults()).toEqual([
      expect.stringMatching(
        /^handlers\/h\.ts:1:\d+: Cannot import with \{ \w+: \w+ \}: only \{ type: json \} is known$/,
      ),
    ])
  })

  test.each([
    ['json', `'../../outside/token.json'`],
    ['json with its attribute', `'../../outside/token.json' with { type: 'json' }`],
    ['json that does not parse', `'../../outside/broken.json'`],
    ['TypeScript', `'../../outside/secret.ts'`],
    ['TypeScript without its extension', `'../../outside/secret'`],
    ['TypeScript by the name of its JavaScript', `'../../outside/secret.js'`],
    ['a folder', `'../../outside'`],
    ['a chain of ..', `'./.././handlers/../../app/../outside/secret.ts'`],
    ['what does not exist there', `'../../outside/nothing.ts'`],
  ])('a relative import from outside: %s', async (_, imported) => {
    const project = createProject({ 'handlers/h.ts': using(imported) })
    expect(await project.faults()).toEqual([
      expect.stringMatching(/^handlers\/h\.ts:1:19: Cannot import ".*": it lies outside "\/app"$/),
    ])
  })

  test('absolute paths and every scheme, all at once and each with its place', async () => {
    const project = createProject()
    const specifiers = [
      join(project.outside, 'secret.ts'),
      `file://${project.outside}/secret.ts`,
      `data:text/javascript,export default '1'`,
      'http://127.0.0.1/x.js',
      'https://example.com/x.js',
      'blob:x',
      '//example.com/x.js',
      'C:\\\\x.ts',
    ]
    project.write('handlers/h.ts', specifiers.map((specifier) => `import ${JSON.stringify(specifier)}`).join('\n'))
    const faults = await project.faults()
    expect(faults.map((fault) => fault.replace(/: Cannot import ".*": /, ' '))).toEqual([
      'handlers/h.ts:1:8 absolute paths are not bundled, only relative ones and packages',
      'handlers/h.ts:2:8 "file:" is not bundled, only relative paths and packages',
      'handlers/h.ts:3:8 "data:" is not bundled, only relative paths and packages',
      'handlers/h.ts:4:8 "http:" is not bundled, only relative paths and packages',
      'handlers/h.ts:5:8 "https:" is not bundled, only relative paths and packages',
      'handlers/h.ts:6:8 "blob:" is not bundled, only relative paths and packages',
      'handlers/h.ts:7:8 absolute paths are not bundled, only relative ones and packages',
      'handlers/h.ts:8:8 absolute paths are not bundled, only relative ones and packages',
    ])
  })

  test.each([
    ['require()', (path: string) => `export const reconcile = () => require('${path}')`],
    ['require() in a try', (path: string) => `try { require('${path}') } catch {}`],
    ['import()', (path: string) => `export const reconcile = () => import('${path}')`],
    ['import() with an attribute', (path: string) => `import('${path}', { with: { type: 'json' } })`],
    ['export from', (path: string) => `export * from '${path}'`],
    ['import =', (path: string) => `import token = require('${path}'); export const reconcile = () => token`],
  ])('the same by %s', async (_, source) => {
    const project = createProject({ 'handlers/h.ts': source('../../outside/token.json') })
    expect(await project.faults()).toEqual([expect.stringContaining('it lies outside "/app"')])
  })

  test('a link to a file outside, to a folder outside, and a link over a link', async () => {
    const project = createProject({
      'handlers/h.ts': `import a from './a.json'\nimport { token as b } from './b/secret.ts'\nimport c from './c.json'\nexport const reconcile = () => [a, b, c]`,
    })
    project.link('handlers/a.json', join(project.outside, 'token.json'))
    project.link('handlers/b', '../../outside')
    project.link('handlers/c.json', './a.json')
    expect(await project.faults()).toEqual([
      'handlers/h.ts:1:15: Cannot import "./a.json": it lies outside "/app"',
      'handlers/h.ts:2:28: Cannot import "./b/secret.ts": it lies outside "/app"',
      'handlers/h.ts:3:15: Cannot import "./c.json": it lies outside "/app"',
    ])
  })

  test('a handler that is itself a link to outside, also when a project lies there', async () => {
    const project = createProject({ '../outside/package.json': '{}' })
    project.link('handlers/h.ts', join(project.outside, 'secret.ts'))
    expect(await project.faults()).toEqual(['handlers/h.ts:1:1: Cannot read handler: it lies outside "/app"'])
  })

  test('a handlers folder that is a link to outside', async () => {
    const project = createProject()
    project.link('handlers', project.outside)
    expect(await project.faults('handlers/secret.ts')).toEqual([expect.stringContaining('it lies outside "/app"')])
  })

  test('an installed package that is a link to outside, and a node_modules that is one', async () => {
    const project = createProject({ 'handlers/h.ts': using(`'evil'`), 'lib/package.json': '{}' })
    project.write('lib/h.ts', using(`'token.json'`))
    project.link('node_modules/evil', project.outside)
    project.link('lib/node_modules', project.outside)
    expect(await project.faults()).toEqual([expect.stringContaining('Cannot import "evil": it lies outside')])
    expect(await project.faults('lib/h.ts')).toEqual([
      expect.stringContaining('Cannot import "token.json": it lies outside'),
    ])
  })

  test.each([
    ['main', { main: '../../../outside/token.json' }],
    ['main, absolute', { main: '/../outside/token.json' }],
    ['module', { module: '../../../outside/secret.ts' }],
    ['browser', { browser: '../../../outside/token.json' }],
    ['browser as a map', { main: './index.js', browser: { './index.js': '../../../outside/token.json' } }],
    ['exports', { exports: '../../../outside/token.json' }],
    ['exports with a climb inside', { exports: './x/../../../../outside/token.json' }],
    ['exports, absolute', { exports: '/etc/hostname' }],
    ['exports by a link', { exports: './link.json' }],
    ['exports with conditions', { exports: { browser: { import: '../../../outside/token.json' } } }],
  ])('a package.json that points outside: %s', async (_, fields) => {
    const project = createProject({ 'handlers/h.ts': using(`'evil'`) })
    project.write('node_modules/evil/package.json', JSON.stringify({ name: 'evil', ...fields }))
    project.write('node_modules/evil/index.js', '')
    project.link('node_modules/evil/link.json', join(project.outside, 'token.json'))
    if (_ === 'main, absolute') rmSync(join(project.root, 'node_modules/evil/index.js'))
    expect(await project.faults()).toEqual([expect.stringMatching(/^handlers\/h\.ts:1:19: Cannot import "evil": /)])
  })

  test.each([
    ['a wildcard', 'evil/../../../outside/token.json', { exports: { './*': './*' } }],
    ['a path without exports', 'evil/../../../outside/token.json', {}],
  ])('a subpath of a package that climbs out: %s', async (_, specifier, fields) => {
    const project = createProject({ 'handlers/h.ts': using(`'${specifier}'`) })
    project.write('node_modules/evil/package.json', JSON.stringify(fields))
    expect(await project.faults()).toEqual([expect.stringMatching(/outside "|leaves the package/)])
  })

  test.each([
    ['a file outside', '../outside/token.json', 'leaves the package'],
    ['one by a climb', './handlers/../../outside/token.json', 'leaves the package'],
    ['an absolute path', '/etc/hostname', 'absolute paths are not bundled'],
    ['a file: address', 'file:///etc/hostname', '"file:" is not bundled'],
    ['a data: address', 'data:application/json,1', '"data:" is not bundled'],
    ['a built-in', 'node:fs', 'handlers have no Node.js built-ins'],
  ])('"imports" of the project to %s', async (_, target, reason) => {
    const project = createProject({ 'handlers/h.ts': using(`'#token'`) })
    project.write('package.json', JSON.stringify({ imports: { '#token': target } }))
    expect(await project.faults()).toEqual([expect.stringContaining(`Cannot import "#token": `)])
    expect((await project.faults())[0]).toContain(reason)
  })

  test('"browser" of the project, from a package or a file to outside', async () => {
    const project = createProject({ 'handlers/h.ts': `import 'a'\nimport './b.ts'`, 'handlers/b.ts': '' })
    const browser = { a: '../outside/token.json', './handlers/b.ts': '../outside/secret.ts' }
    project.write('package.json', JSON.stringify({ browser }))
    expect(await project.faults()).toEqual([
      expect.stringContaining('1:8: Cannot import "a": it lies outside'),
      expect.stringContaining('2:8: Cannot import "./b.ts": it lies outside'),
    ])
  })

  test('a package.json that is a link to a secret, without showing it', async () => {
    const project = createProject({ 'handlers/h.ts': using(`'evil'`), 'node_modules/evil/index.js': '' })
    project.link('node_modules/evil/package.json', join(project.outside, 'token'))
    expect(await project.faults()).toEqual([
      expect.stringMatching(/Cannot import "evil": ".*package.json" lies outside the allowed folders/),
    ])
  })

  test('tsconfig paths, baseUrl and extends, which are never read', async () => {
    const project = createProject({ 'handlers/h.ts': `import '@/token.json'\nimport 'secret'\nimport 'token.json'` })
    project.link('handlers/base.json', join(project.outside, 'broken.json'))
    const compilerOptions = { baseUrl: '../../outside', paths: { '@/*': ['../../outside/*'], secret: ['./secret.ts'] } }
    project.write('handlers/tsconfig.json', JSON.stringify({ extends: './base.json', compilerOptions }))
    project.write('tsconfig.json', JSON.stringify({ extends: '../outside/broken.json', compilerOptions }))
    expect(await project.faults()).toEqual([
      expect.stringContaining('tsconfig.json is not read, aliases belong in "imports" of package.json'),
      expect.stringContaining('Cannot import "secret": no such package'),
      expect.stringContaining('Cannot import "token.json": no such package'),
    ])
  })

  test.each([
    ['import() of a pattern', 'export const reconcile = (name: string) => import(`../../outside/${name}.json`)'],
    ['import() of a sum', "export const reconcile = (name: string) => import('../../outside/' + name)"],
    ['require() of a pattern', 'export const reconcile = (name: string) => require(`../../outside/${name}`)'],
    [
      'a pattern in a try',
      "export const reconcile = (name: string) => { try { return require('../../outside/' + name) } catch {} }",
    ],
    ['module.require()', "export const reconcile = (name: string) => module.require('../../outside/' + name)"],
    ['an escaped require', "export const reconcile = (name: string) => requ\\u0069re('../../outside/' + name)"],
    [
      'a comment in between',
      "export const reconcile = (name: string) => import/* ( */(/* 'x' */ '../../outside/' + name)",
    ],
    ['a choice', "export const reconcile = (name: string) => import(name ? './h.ts' : '../../outside/' + name)"],
    [
      'an enum',
      "enum Folder { Out = '../../outside/' }\nexport const reconcile = (name: string) => import(Folder.Out + name)",
    ],
    ['an optional call', "export const reconcile = (name: string) => require?.('../../outside/' + name)"],
    [
      'a text that looks like it, and a call',
      "export const reconcile = (name: string) => ['import(a+b)', import('../../outside/' + name)]",
    ],
  ])('a path put together at run time, for which esbuild would list folders: %s', async (_, source) => {
    const project = createProject({ 'handlers/h.ts': source })
    expect(await project.faults()).toEqual([
      expect.stringContaining('Cannot use "import()" or "require()" with a path that is put together at run time'),
    ])
    project.write('handlers/h.ts', `import 'evil'`)
    project.write('node_modules/evil/index.ts', source)
    expect(await project.faults()).toHaveLength(1)
  })

  test.each(['./x.txt', './x.css', './x.wasm', './x.node', './x.tsx', './x'])(
    'a file of another kind: %s',
    async (path) => {
      const project = createProject({ 'handlers/h.ts': `import '${path}'`, [`handlers/${path}`]: 'x' })
      expect(await project.faults()).toEqual([
        `handlers/h.ts:1:8: Cannot import "${path}": only .ts, .mts, .cts, .js, .mjs, .cjs, .json files can be bundled`,
      ])
    },
  )

  test('a link whose name ends in .ts to a file of another kind', async () => {
    const project = createProject({ 'handlers/h.ts': `import './x.ts'`, 'config/token': SECRET })
    project.link('handlers/x.ts', '../config/token')
    expect(await project.faults()).toEqual([expect.stringContaining('files can be bundled')])
  })

  test('a handler without a package.json above, unless it lies with the config', async () => {
    const project = createProject({ 'handlers/h.ts': '', 'config/h.ts': 'export const reconcile = 1' })
    rmSync(join(project.root, 'package.json'))
    expect(await project.faults()).toEqual([expect.stringContaining('it lies outside "/app/config"')])
    expect(exportsOf(await project.bundle('config/h.ts'))).toEqual({ reconcile: 1 })
  })
})

test('bundleHandler() reads no source map that a file names, and shows nothing of it', async () => {
  const project = createProject()
  const address = `file://${project.outside}/broken.json`
  const comments = [`//# sourceMappingURL=../../outside/broken.json`, `//# sourceMappingURL=${address}`]
  const more = [
    `/*# sourceMappingURL=${address} */`,
    `//@ sourceMappingURL=${address}`,
    `//#\tsourceMappingURL=${address}`,
  ]
  for (const comment of [...comments, ...more]) {
    project.write('handlers/h.ts', `export const reconcile = 1\n${comment}\n`)
    const { sourceMap, code } = await project.bundle()
    expect(sourceMap + code).not.toContain(SECRET)
    expect(JSON.parse(sourceMap).sources).toEqual([join(project.root, 'handlers/h.ts')])
  }
})

test('bundleHandler() leaves a string, a pattern and a name alone that speak of source maps', async () => {
  const project = createProject()
  const values =
    '["//# sourceMappingURL=x", `# sourceMappingURL=`, /^# sourceMappingURL=$/.test("# sourceMappingURL="), { sourceMappingURL: 1 }]'
  project.write('handlers/h.ts', `export const reconcile = ${values}`)
  const { reconcile } = exportsOf(await project.bundle())
  expect(reconcile).toEqual(new Function(`return ${values}`)())
})

test('bundleHandler() names no file that a source map inside a file claims', async () => {
  const map = { version: 3, sources: ['/etc/passwd', '../../../etc/shadow'], names: [], mappings: 'AAAA;ACAA' }
  const url = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`
  const project = createProject()
  project.write('handlers/h.ts', `export const reconcile = 1\nexport const x = 2\n//# sourceMappingURL=${url}\n`)
  expect(JSON.parse((await project.bundle()).sourceMap).sources).toEqual([join(project.root, 'handlers/h.ts')])
})

test('bundleHandler() shows the line of a broken JSON file that is its own', async () => {
  const project = createProject({ 'handlers/h.ts': using(`'./x.json'`), 'handlers/x.json': '{\n  "a": nonsense\n}' })
  const error = await project.bundle().catch((error: unknown) => error)
  expect(error).toMatchObject({ faults: [{ line: 2, column: 8, excerpt: '  "a": nonsense' }] })
})

test('bundleHandler() takes files from a config folder, its project, and packages linked inside its node_modules', async () => {
  const project = createProject({
    'handlers/h.ts': `import a from '../config/a.json'\nimport b from '../lib/b.ts'\nimport c from 'c'\nexport const reconcile = [a, b, c]`,
    'config/a.json': '"a"',
    'lib/b.ts': `export default 'b'`,
    'node_modules/.store/c@1/node_modules/c/package.json': '{"main":"c.js"}',
    'node_modules/.store/c@1/node_modules/c/c.js': `module.exports = 'c' + require('d')`,
    'node_modules/.store/c@1/node_modules/d/index.js': `module.exports = 'd'`,
  })
  project.link('node_modules/c', '.store/c@1/node_modules/c')
  expect(exportsOf(await project.bundle())).toEqual({ reconcile: ['a', 'b', 'cd'] })
})

test('bundleHandler() takes a config folder outside the project with its own handlers, through links inside it', async () => {
  const project = createProject({ '../volume/..2026/h.ts': `export const reconcile = 'mounted'` })
  project.link('../volume/..data', '..2026')
  project.link('../volume/h.ts', '..data/h.ts')
  const { bundleHandler } = await import('../../runtime/sandbox/bundle.ts')
  const configDir = join(project.root, '../volume')
  const bundle = await bundleHandler({ file: join(configDir, 'h.ts'), configDir })
  expect(exportsOf(bundle)).toEqual({ reconcile: 'mounted' })
  expect(bundle.inputs).toEqual([join(configDir, 'h.ts'), join(configDir, '..2026/h.ts')])
})

test('createBoundary() never takes the whole disk for a zone', async () => {
  expect((await createBoundary('/h.ts', '/')).zones).toEqual([])
})

test('createBoundary() names a folder inside another once, and two apart both', async () => {
  const { root, outside } = createProject({ 'deep/package.json': '{}', 'deep/h.ts': '' })
  const zonesOf = async (file: string, config: string) => (await createBoundary(join(root, file), config)).zones
  expect(await zonesOf('handlers/h.ts', join(root, 'config'))).toEqual([root])
  expect(await zonesOf('handlers/h.ts', root)).toEqual([root])
  expect(await zonesOf('deep/h.ts', root)).toEqual([root])
  expect(await zonesOf('deep/h.ts', outside)).toEqual([join(root, 'deep'), outside])
})

test('readInside() refuses a file whose folder became a link after it was located', async () => {
  const project = createProject({ 'handlers/deep/secret.ts': 'export {}', 'handlers/h.ts': '' })
  const boundary = await createBoundary(join(project.root, 'handlers/h.ts'), join(project.root, 'config'))
  const place = await locate(boundary, join(project.root, 'handlers/deep/secret.ts'))
  expect(place).toEqual({ kind: 'file', real: join(project.root, 'handlers/deep/secret.ts') })
  renameSync(join(project.root, 'handlers/deep'), join(project.root, 'handlers/old'))
  symlinkSync(project.outside, join(project.root, 'handlers/deep'))
  expect(await readInside(boundary, join(project.root, 'handlers/deep/secret.ts'))).toEqual({
    kind: 'unreadable',
    reason: 'it lies outside the allowed folders',
  })
})

test('readInside() refuses a folder, a device and a file that is too large, and reads the rest without a byte order mark', async () => {
  const project = createProject({
    'handlers/h.ts': '\uFEFFexport {}',
    'handlers/big.ts': ' '.repeat(4 * 1024 * 1024 + 1),
  })
  mkdirSync(join(project.root, 'handlers/x.ts'))
  const boundary = await createBoundary(join(project.root, 'handlers/h.ts'), join(project.root, 'config'))
  const read = (name: string) => readInside(boundary, join(project.root, 'handlers', name))
  expect(await read('x.ts')).toEqual({ kind: 'unreadable', reason: 'it is not a regular file' })
  expect(await read('big.ts')).toEqual({ kind: 'unreadable', reason: 'it has 4194305 bytes, more than 4194304' })
  expect(await read('none.ts')).toEqual({ kind: 'unreadable', reason: 'no such file' })
  expect(await read('h.ts')).toEqual({ kind: 'read', text: 'export {}' })
  expect(await readInside({ zones: ['/dev'], base: '/dev' }, '/dev/zero')).toEqual({
    kind: 'unreadable',
    reason: 'it is not a regular file',
  })
})

test('bundleHandler() of more source than its bound holds no more than that, however many files ask at once', async () => {
  const count = 200
  const names = Array.from({ length: count }, (_, i) => `handlers/f${i}.ts`)
  const project = createProject({
    'handlers/h.ts': names.map((name) => `import '${name.replace('handlers', '.')}'\n`).join(''),
  })
  for (const name of names) truncateSync(project.write(name, ''), 4 << 20)
  const before = process.memoryUsage().rss
  let most = 0
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss - before)
  }, 5)
  const faults = await project.faults().finally(() => clearInterval(timer))
  expect(faults.join('\n')).toContain('Cannot bundle more than 67108864 bytes of source')
  expect(most).toBeLessThan(500 << 20)
})
