import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { commandOf, copiesOf, imageStage, readDockerfile, repository, settingOf } from './dockerfile.ts'
import { DEPLOY_DIR, type Manifest, podOf } from './manifests.ts'

const image = imageStage()
const read = (path: string) => readFileSync(join(repository, path), 'utf8')
const fromContext = () =>
  readDockerfile()
    .flatMap(copiesOf)
    .flatMap(({ from, sources }) => (from === undefined ? sources : []))

test('the image has of node_modules what the build leaves outside its bundle, and nothing else', () => {
  const copied = copiesOf(image).flatMap(({ sources }) => sources)
  const packages = copied.filter((source) => source.includes('node_modules'))
  expect(packages).toEqual(['/src/node_modules/esbuild', '/src/node_modules/@esbuild'])
  expect(read('.ci/build.ts')).toContain("external: ['esbuild'],")
  expect(image.image).toBe('node:26-slim')
  expect(image.instructions.filter(({ keyword }) => keyword === 'RUN' || keyword === 'ADD')).toEqual([])
})

test('the image starts the host with the flags that every start has, and listens where the Deployment looks', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const flags = scripts.ostler?.split(' ').filter((word) => word.startsWith('--'))
  expect(commandOf(image, 'ENTRYPOINT')).toEqual(['node', ...(flags ?? []), '/app/dist/ostler.js'])
  const [container] = podOf(deployment()).containers
  expect(commandOf(image, 'CMD')).toEqual(['run', '--listen', `0.0.0.0:${container.ports[0]?.containerPort}`])
  expect(container.args).toBeUndefined()
})

test('the image and the Deployment name the same user, who is not root', () => {
  const { runAsUser, runAsGroup } = podOf(deployment()).securityContext
  expect(settingOf(image, 'USER')).toBe(`${runAsUser}:${runAsGroup}`)
  expect(runAsUser).toBeGreaterThan(0)
})

test('the build context is what the Dockerfile copies', () => {
  const lines = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  expect(lines[0]).toBe('*')
  const included = lines.slice(1).map((line) => line.replace(/^!/, ''))
  expect(included.sort()).toEqual([...new Set(fromContext())].sort())
})

test('the build stage can build from what it copies', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ostler-build-'))
  try {
    for (const path of fromContext()) cpSync(join(repository, path), join(folder, path), { recursive: true })
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
    await promisify(execFile)(process.execPath, [join(folder, '.ci/build.ts')])
    const built = copiesOf(image).flatMap(({ sources }) => sources.filter((source) => source.startsWith('/src/dist/')))
    expect(built.map((source) => basename(source)).filter((name) => !existsSync(join(folder, 'dist', name)))).toEqual(
      [],
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

function deployment(): Manifest[] {
  return [parse(readFileSync(join(DEPLOY_DIR, 'deployment.yaml'), 'utf8')) as Manifest]
}
