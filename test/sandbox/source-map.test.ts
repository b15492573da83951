import { join } from 'node:path'
import { expect, test } from 'vitest'
import { VM } from 'vm2'
import type { Bundle } from '../../runtime/sandbox/bundle.ts'
import { mapStack, placeOf } from '../../runtime/sandbox/source-map.ts'
import { createProject } from './bundle-project.ts'

const SOURCE = `import { inner } from './lib.ts'

interface Nested { missing?: { field: string } }

export function direct(object: Nested) {
  const before = 1;   return object.missing.field + before
}
export async function later(object: Nested) { await null; inner(object) }
export function inCatch(object: Nested) {
  try { throw new Error('first') } catch (error) { return object.missing.field + error }
}
export function long(object: Nested) {
  try { throw new Error('first') } catch (someName) {
    const text = 'x'; return text + object.missing.field + someName
  }
}
`
const LIB = `// a comment

export const inner = (object: Nested) => object.missing.field
`

/** Runs an export inside vm2 as a guest does and answers with the stack of what it throws. */
async function stackOf({ code, name }: Bundle, exported: string): Promise<string> {
  const vm = new VM({ eval: false, wasm: false, allowAsync: true })
  vm.run(`Error.prepareStackTrace = (error, sites) => String(error) + sites.filter((s) => s.getFileName() === '${name}')
    .map((s) => '\\n    at ' + s.getFunctionName() + ' (' + s.getFileName() + ':' + s.getLineNumber() + ':' + s.getColumnNumber() + ')').join('')`)
  const load = vm.run(`(function (module, exports) {${code}\n})`, name) as (module: object, exports: object) => void
  const module = { exports: {} as Record<string, (object: object) => unknown> }
  load(module, module.exports)
  try {
    await module.exports[exported]?.({})
  } catch (error) {
    return (error as Error).stack ?? ''
  }
  throw new Error('Nothing was thrown')
}

const project = () => createProject({ 'handlers/h.ts': SOURCE, 'handlers/lib.ts': LIB })

test.each([
  ['a function', 'direct', ['h.ts:6:45']],
  ['an async function and what it calls', 'later', ['lib.ts:3:57', 'h.ts:8:59']],
  ['the first statement of a catch block, which vm2 moves', 'inCatch', ['h.ts:10:74']],
  ['a later statement of a catch block', 'long', ['h.ts:14:52']],
])('mapStack() finds line and column in TypeScript of %s', async (_, exported, places) => {
  const { root, bundle } = project()
  const made = await bundle()
  const mapped = mapStack(await stackOf(made, exported), made)
  const frames = mapped.split('\n').slice(1, 1 + places.length)
  expect(frames.map((frame) => frame.slice(frame.indexOf('(')))).toEqual(
    places.map((place) => `(${join(root, 'handlers', place)})`),
  )
})

test('placeOf() answers with the first place in the author’s own files and its line', async () => {
  const { root, bundle, write } = project()
  write('node_modules/pkg/index.js', 'exports.fail = (object) => object.missing.field')
  write('handlers/h.ts', `import { fail } from 'pkg'\nexport const reconcile = (object: object) => fail(object)`)
  const made = await bundle()
  const stack = await stackOf(made, 'reconcile')
  expect(mapStack(stack, made)).toContain(join(root, 'node_modules/pkg/index.js:1:'))
  expect(placeOf(stack, made)).toEqual({
    file: join(root, 'handlers/h.ts'),
    line: 2,
    column: 46,
    excerpt: 'export const reconcile = (object: object) => fail(object)',
  })
})

test('mapStack() leaves alone what is no frame of the bundle', async () => {
  const made = await project().bundle()
  const stack = [
    'Error: at x (h.handler.js:5:1)',
    'h.handler.js:5:1',
    '    at other (xh.handler.js:5:1)',
    '    at prelude (prelude.js:5:1)',
    '    at none (h.handler.js:0:0)',
    '    at far (h.handler.js:99999:1)',
    '    at odd (h.handler.js:1e9:1)',
    '    at huge (h.handler.js:9999999999999999:1)',
    '    at <anonymous>',
  ].join('\n')
  expect(mapStack(stack, made)).toBe(stack)
  expect(placeOf(stack, made)).toBeUndefined()
})

test('mapStack() maps frames of every form and shows paths inside the working directory without it', () => {
  const sourceMap = JSON.stringify({
    version: 3,
    sources: [join(process.cwd(), 'handlers/h.ts')],
    names: [],
    mappings: 'AAEA',
  })
  const made = { name: 'h.handler.js', code: 'x', sourceMap }
  const forms = ['h.handler.js:1:1', 'async h.handler.js:1:1', 'async f (h.handler.js:1:1)', 'new F (h.handler.js:1:1)']
  expect(mapStack(['Error', ...forms.map((form) => `    at ${form}`)].join('\n'), made)).toBe(
    ['Error', ...forms.map((form) => `    at ${form.replace('h.handler.js:1:1', 'handlers/h.ts:3:1')}`)].join('\n'),
  )
})

test('mapStack() of a bundle without a source map changes nothing', () => {
  expect(mapStack('Error\n    at f (h.js:1:1)', { name: 'h.js', code: '', sourceMap: '' })).toBe(
    'Error\n    at f (h.js:1:1)',
  )
})
