import { globSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readDoc, repository } from './repository.ts'

interface Package {
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly allowScripts: Readonly<Record<string, boolean>>
}

const { scripts, dependencies, devDependencies, allowScripts } = JSON.parse(readDoc('package.json')) as Package

/** Packages whose use is no import: commands of the scripts, and types that tsconfig.json names. */
const TOOLS: Readonly<Record<string, string>> = {
  '@biomejs/biome': 'biome ',
  node: 'node ',
  typescript: 'tsc ',
  vitest: 'vitest ',
}
const TYPES = ['@types/node']

/** Packages that files import. The handlers' own door, and modules that a bundler makes, are none. */
function importedBy(...patterns: string[]): string[] {
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: repository }))
  const names = files.flatMap((file) => {
    const source = readFileSync(join(repository, file), 'utf8')
    const statements = source.matchAll(/^(?:import|export)\s(?:[^;'"]*?\sfrom\s+)?'([^'.][^']*)'/gm)
    return [...statements].map(([, name]) => packageOf(name as string))
  })
  return [...new Set(names)].filter((name) => name !== 'ostler' && !name.includes(':') && !isBuiltin(name)).sort()
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

test('the dependencies are what runtime/ imports', () => {
  expect(Object.keys(dependencies).sort()).toEqual(importedBy('runtime/**/*.ts'))
})

test('what the rest of the repository imports is declared', () => {
  const imported = importedBy('test/**/*.ts', '.ci/*.ts', '*.config.ts', 'handlers/*.ts')
  expect(imported.filter((name) => !(name in dependencies || name in devDependencies))).toEqual([])
})

test('every development dependency is of use', () => {
  const lines = Object.values(scripts)
  // Also by handlers that are texts in tests.
  const sources = globSync('{test/**/*,*.config}.ts', { cwd: repository }).map(readDoc)
  const unused = Object.keys(devDependencies)
    .filter((name) => !TYPES.includes(name))
    .filter((name) => !lines.some((line) => line.includes(TOOLS[name] ?? '\0')))
    .filter((name) => !sources.some((source) => source.includes(`from '${name}`)))
  expect(unused).toEqual([])
})

test('install scripts are allowed to the packages that have one, and to no others', () => {
  const { packages } = JSON.parse(readDoc('package-lock.json')) as { packages: Record<string, Locked> }
  const withScripts = Object.entries(packages).filter(
    ([, { hasInstallScript, optional }]) => hasInstallScript && !optional,
  )
  const names = withScripts.map(([path]) => path.split('node_modules/').at(-1))
  expect(Object.keys(allowScripts).sort()).toEqual(names.sort())
})

interface Locked {
  readonly hasInstallScript?: boolean
  readonly optional?: boolean
}

test('versions are exact, so that a lock file made anew is the same one', () => {
  const versions = Object.entries({ ...dependencies, ...devDependencies })
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
})
