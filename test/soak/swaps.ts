/**
 * Handlers saved again and again under a running host, three at a time, all objects run by each new version; now and then one
 * that does not build, another `with`, or an entry that watches other namespaces and owns another kind. Every so often, when
 * the old guests are gone, what the host holds.
 * run:   KUBEBUILDER_ASSETS=DIR node test/soak/swaps.ts [--swaps 1000] [--samples 20]
 * fails: when memory, descriptors, timers or child processes grow
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { startControlPlane } from '../control-plane/control-plane.ts'
import { type HostProcess, startHost } from '../e2e/host-process.ts'
import { createProject, type Project } from '../e2e/project.ts'
import { childrenOf, lookInto, PROBED_HOST } from './holding.ts'
import { isMain, type Sample, sampleOf, showSample, soakMain } from './soak.ts'

export interface SwapOptions {
  readonly swaps: number
  readonly samples: number
}

const SAVED = ['a', 'b', 'c'] as const
const OBJECTS = 20
/** That many bytes, another one in each version: a version that is kept shows. */
const PAYLOAD = 64 << 10

/** Answers what the host held after each part of the swaps. */
export async function swap({ swaps, samples: count }: SwapOptions, onSample = (_: Sample) => {}): Promise<Sample[]> {
  const controlPlane = await startControlPlane()
  const project = createProject()
  try {
    for (let i = 0; i < OBJECTS; i++) {
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `object-${i}` } }
      await controlPlane.request('POST', '/api/v1/namespaces/default/configmaps', object)
    }
    for (const name of [...SAVED, 'reshaped']) save(project, name, 0)
    configure(project, 0)
    const host = await startHost({ project, kubeconfig: controlPlane.kubeconfig, entry: PROBED_HOST })
    await host.waitUntilReady()
    const samples: Sample[] = []
    for (let done = 0, version = 1; done < swaps; ) {
      const startedMs = Date.now()
      for (const target = (swaps * (samples.length + 1)) / count; done < target; version++) {
        await swapOnce(project, host, version)
        done += SAVED.length
      }
      await until('the old guests to be gone', async () => childrenOf(host).guests === SAVED.length + 2)
      const sample = sampleOf(done, Date.now() - startedMs, host, await lookInto(host, project))
      samples.push(sample)
      onSample(sample)
    }
    return samples
  } finally {
    await project.remove()
    await controlPlane.stop()
  }
}

async function swapOnce(project: Project, host: HostProcess, version: number): Promise<void> {
  if (version % 8 === 3) {
    for (const name of SAVED) project.write(`handlers/${name}.ts`, `export const reconcile = ${version} +`)
    const failures = () => host.log().split('Cannot load the handler').length - 1
    const before = failures()
    await until('the faults to be told', async () => failures() >= before + SAVED.length)
  }
  if (version % 8 === 5) configure(project, version)
  for (const name of SAVED) save(project, name, version)
  await until(`version ${version} to run`, async () => SAVED.every((name) => hasRun(host, name, version)))
}

/** The last object of each version says so in the log. */
function hasRun(host: HostProcess, name: string, version: number): boolean {
  return host.log().includes(`${name} runs version ${version}"`)
}

function save(project: Project, name: string, version: number): void {
  const payload = `${name}${version}`.padEnd(PAYLOAD, 'x')
  project.write(
    `handlers/${name}.ts`,
    `const payload = '${payload}'
     export const reconcile = async ({ metadata: { name } }, { log }) => {
       if (name === 'object-7') log.info('${name} runs version ${version}', { length: payload.length })
     }
     ${name === 'reshaped' ? 'export const finalize = async () => {}' : ''}`,
  )
}

/** Entries that differ from version to version: by what their guests get, and by what they follow. */
function configure(project: Project, version: number): void {
  const isOdd = Math.floor(version / 8) % 2 === 1
  const saved = SAVED.map((name) => ({ ...entryOf(name), with: { version } }))
  const reshaped = {
    ...entryOf('reshaped'),
    namespaces: isOdd ? ['default', 'kube-system'] : ['default'],
    owns: isOdd ? ['v1/Secret'] : ['v1/Service'],
  }
  project.writeConfig([...saved, reshaped])
}

function entryOf(name: string): object {
  return { name, for: 'v1/ConfigMap', handler: `handlers/${name}.ts`, namespaces: ['default'] }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(20)) if (await holds()) return
  throw new Error(`Waited 60 s for ${what}`)
}

if (isMain(import.meta)) {
  await soakMain({ swaps: 1000, samples: 20 }, async (options) => ({
    samples: await swap(options, (sample) => showSample(sample)),
  }))
}
