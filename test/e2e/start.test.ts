import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readDoc, repository } from '../docs/repository.ts'
import { ostler } from './ostler-command.ts'
import { createProject, type Project } from './project.ts'

/** What `npm start -- --once` runs. It takes any free port for itself, as a person's own host may be running. */
const START = (JSON.parse(readDoc('package.json')) as { scripts: Record<string, string> }).scripts.start?.split(
  'main.ts ',
)
const ARGUMENTS = [...(START?.at(-1)?.split(' ') ?? []), '--once']

describe('npm start -- --once', () => {
  let project: Project

  beforeEach(() => {
    project = createProject()
    for (const folder of ['config', 'handlers'])
      cpSync(join(repository, folder), join(project.dir, folder), { recursive: true })
    mkdirSync(join(project.dir, 'node_modules'))
    symlinkSync(join(repository, 'runtime'), join(project.dir, 'runtime'))
  })

  afterEach(() => project.remove())

  const sample = (name: string) => join(project.dir, 'config/samples', name)

  test('ends with 0 once every sample has led to what it promises, and tells what each controller did', async () => {
    const { code, stdout, stderr } = await ostler(ARGUMENTS, { cwd: project.dir })
    expect(stderr + (code === 0 ? '' : stdout)).toBe('')
    expect(code).toBe(0)
    expect(stdout).not.toContain('nothing serves')
    expect(stdout).toMatch(/The embedded API server is up, in memory: export KUBECONFIG=\S+\/kubeconfig/)
    expect(stdout).toMatch(/Applied Mydemo "example" of sample mydemo/)
    expect(stdout).toMatch(/mydemo .*Event Normal Synced: Now serving 127\.0\.0\.1:8080/)
    expect(stdout).toMatch(/node-image-alert .*Patched nodes example/)
    expect(stdout).toMatch(/deployment-steward .*Created deployments default\/example/)
    expect(stdout).toMatch(/Idle, and all 3 samples have led to what they promise/)
  })

  test('refuses a sample that promises nothing, by its place, before anything starts', async () => {
    rmSync(sample('mydemo.expect.yaml'))
    const { code, stdout, stderr } = await ostler(ARGUMENTS, { cwd: project.dir })
    expect(code).toBe(1)
    expect(stderr).toContain(`sample "${sample('mydemo.yaml')}"`)
    expect(stderr).toContain(`there is no "${sample('mydemo.expect.yaml')}"`)
    expect(stdout).not.toContain('The embedded API server is up')
  })

  test('says which controller has a kind that no CustomResourceDefinition defines, and where', async () => {
    const file = join(project.dir, 'config/ostler.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replace('crd/*.yaml', 'crd/deployment*.yaml'))
    const { code, stdout, stderr } = await ostler(ARGUMENTS, { cwd: project.dir })
    expect(stdout).toContain(`${file}:6: nothing serves crddemo.k8s.io/v1/Mydemo: name the file of its CustomResource`)
    expect(stderr).toMatch(/mydemo\.yaml:1:1: Cannot apply Mydemo "example": The API server does not serve /)
    expect(code).toBe(1)
  })

  test('ends with 1 and names the place of a sample that the API server refuses', async () => {
    writeFileSync(
      sample('mydemo.yaml'),
      readFileSync(sample('mydemo.yaml'), 'utf8').replace('port: 8080', 'port: none'),
    )
    const { code, stderr } = await ostler(ARGUMENTS, { cwd: project.dir })
    expect(stderr).toMatch(/config\/samples\/mydemo\.yaml:\d+:1: Cannot apply Mydemo "example": /)
    expect(code).toBe(1)
  })

  test('ends with 1 and names the promise that was not kept', { timeout: 240_000 }, async () => {
    const file = sample('mydemo.expect.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replace('port: 8080', 'port: 8081'))
    const { code, stdout } = await ostler(ARGUMENTS, { cwd: project.dir, timeoutMs: 200_000 })
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /Not reached: mydemo: .*Mydemo "example": status\.observed\.port: expected 8081, found 8080 \(.*mydemo\.expect\.yaml:\d+\)/,
    )
  })
})
