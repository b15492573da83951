import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { findFaults } from '../../runtime/tools/validate.ts'
import { repository } from './dockerfile.ts'
import { DEPLOY_DIR } from './manifests.ts'
import { MountedFiles } from './mounted-files.ts'

let project: string

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'ostler-deployed-'))
  new MountedFiles(join(project, 'config'), generated(DEPLOY_DIR))
  new MountedFiles(join(project, 'handlers'), generated(join(repository, 'handlers')))
})

afterEach(() => rmSync(project, { recursive: true, force: true }))

test('The config of config/deploy is valid as ConfigMap volumes show it, by links', async () => {
  copyFileSync(join(DEPLOY_DIR, 'project/package.json'), join(project, 'package.json'))
  expect(await findFaults({ file: undefined, cwd: project })).toMatchObject({ faults: [], handlers: 1 })
})

test('The config of config/deploy needs the image’s package.json, without which its handlers lie outside of it', async () => {
  const { faults } = await findFaults({ file: undefined, cwd: project })
  expect(faults.map(({ message }) => message)).toEqual([expect.stringContaining('outside')])
})

/** The content of the one ConfigMap that a folder's kustomization makes. */
function generated(folder: string): Record<string, string> {
  const { configMapGenerator } = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as {
    configMapGenerator: [{ files: string[] }]
  }
  return Object.fromEntries(configMapGenerator[0].files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}
