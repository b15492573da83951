import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findFaults } from '../../runtime/tools/validate.ts'
import { readDoc, repository } from './repository.ts'
import { snippetsIn } from './snippets.ts'

const snippets = snippetsIn(readDoc('README.md'))
let dir: string

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ostler-docs-'))
  for (const { file, text } of snippets) {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    writeFileSync(join(dir, file), text)
  }
})

afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('the README shows a config and handlers', () => {
  expect(snippets.map(({ file }) => file)).toContain('ostler.yaml')
  expect(snippets.filter(({ file }) => file.endsWith('.ts')).length).toBeGreaterThan(0)
})

test('the README’s config and the handlers it names are valid', async () => {
  const { faults, handlers } = await findFaults({ file: undefined, cwd: dir })
  expect(faults).toEqual([])
  expect(handlers).toBeGreaterThan(0)
})

test('the README’s handlers fit the types of ‘ostler’', async () => {
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(repository, 'node_modules/@types')],
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    paths: {
      ostler: [join(repository, 'runtime/index.ts')],
      'ostler/testing': [join(repository, 'runtime/testing.ts')],
    },
  }
  const files = snippets.map(({ file }) => file).filter((file) => file.endsWith('.ts'))
  // What testing.ts reaches.
  files.push(join(repository, 'runtime/guest/prelude.d.ts'))
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  const run = promisify(execFile)(process.execPath, [tsc, '-p', dir], { encoding: 'utf8' })
  expect(await run.catch(({ stdout }: { stdout: string }) => ({ stdout }))).toMatchObject({ stdout: '' })
})
