import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ERROR_CODES } from '../../runtime/errors.ts'
import { configKeys } from './config-reference.ts'
import { hostMetrics } from './metric-reference.ts'
import { codeIn, readDoc, repository, sectionOf } from './repository.ts'

const readme = readDoc('README.md')
const docs = [readme, readDoc('runtime/README.md'), readDoc('handlers/README.md')].join('\n')

/** Named in one cell after `log.debug`. */
const LOG_METHODS = ['info', 'warn', 'error']

/** The names of a pattern that the docs use anywhere in code. */
function namesInDocs(pattern: RegExp): string[] {
  const names = codeIn(docs).flatMap((code) => [...code.matchAll(pattern)].map(([name]) => name))
  return [...new Set(names)].sort()
}

test('the docs name every error code, and none that does not exist', () => {
  const codes = codeIn(sectionOf(readme, '### Errors')).filter((code) => /^[A-Z]+(?:_[A-Z]+)*$/.test(code))
  expect([...new Set(codes)].sort()).toEqual(Object.keys(ERROR_CODES).sort())
})

test('every error code is raised somewhere in runtime/', () => {
  const files = globSync('runtime/**/*.ts', { cwd: repository }).filter((file) => file !== 'runtime/errors.ts')
  const sources = files.map((file) => readFileSync(join(repository, file), 'utf8')).join('\n')
  expect(Object.keys(ERROR_CODES).filter((code) => !sources.includes(`'${code}'`))).toEqual([])
})

test('the docs name every metric, and none that does not exist', async () => {
  const names = (await hostMetrics()).map(({ name }) => name)
  const found = namesInDocs(/\b(?:ostler|controller_runtime|workqueue|rest_client|leader_election)_[a-z_]+/g)
  expect(found).toEqual(names.sort())
})

test('the config reference has every key, and none that does not exist', () => {
  const rows = sectionOf(readme, '## Config').matchAll(/^\| `([^`]+)` \|/gm)
  const documented = [...rows].map(([, path]) => path)
  const known = configKeys().map(({ path }) => path)
  expect(documented).toEqual(known.filter((path) => !path.startsWith('defaults.')))
  const common = known.filter((path) => path.startsWith('defaults.')).map((path) => path.slice('defaults.'.length))
  expect(common.filter((path) => !documented.includes(`controllers[].${path}`))).toEqual([])
})

test('the handler reference has every member of the context, and none that does not exist', () => {
  const context = /^export interface Context \{\n([\s\S]*?)^\}/m.exec(readDoc('runtime/index.ts'))?.[1] ?? ''
  const members = [...context.matchAll(/^ {2}(?:readonly )?(\w+)[<(:]/gm)].map(([, name]) => name as string)
  const rows = sectionOf(readme, '## Handlers').split('| of `context` |')[1]?.split('\n\n')[0] ?? ''
  const cells = [...rows.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) => codeIn(cell as string))
  const named = cells.map((code) => /^\w+/.exec(code)?.[0] as string).filter((name) => !LOG_METHODS.includes(name))
  expect(members.length).toBeGreaterThan(10)
  expect(unique(named)).toEqual(unique(members))
})

test('the docs name every command and flag, and none that does not exist', () => {
  const commands = commandsIn(help())
  const section = sectionOf(readme, '## Commands')
  const rows = [...section.matchAll(/^\| `ostler ([a-z]+)/gm)].map(([, name]) => name)
  expect(rows).toEqual(commands)
  const flags = commands.flatMap((name) => flagsOf(name))
  expect(unique(flagsIn(section))).toEqual(unique(flags))
})

/** What `ostler [COMMAND] --help` prints. */
function help(...command: string[]): string {
  const cli = join(repository, 'runtime/cli/main.ts')
  return execFileSync(process.execPath, ['--disable-sigusr1', cli, ...command, '--help'], { encoding: 'utf8' })
}

/** Of a command and those below it. */
function flagsOf(...command: string[]): string[] {
  const text = help(...command)
  const below = text.includes('Commands:') ? commandsIn(text) : []
  return [...flagsIn(text), ...below.flatMap((name) => flagsOf(...command, name))]
}

function commandsIn(text: string): string[] {
  const list = text.slice(text.indexOf('Commands:'))
  return [...list.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name as string).filter((name) => name !== 'help')
}

function flagsIn(text: string): string[] {
  return [...text.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([flag]) => flag).filter((flag) => flag !== '--help')
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort()
}
