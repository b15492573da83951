import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findAssets, hasControllerManager } from '../control-plane/assets.ts'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { describeWithKubectl } from '../control-plane/describe-on-control-plane.ts'
import { type EmbeddedServer, startEmbeddedServer } from './kubectl/embedded-server.ts'
import { maskOutput } from './kubectl/mask-output.ts'
import { type Printed, runScript } from './kubectl/run-script.ts'
import { type DifferentLine, SCRIPTS, type Script, SIMULATED } from './kubectl/scripts.ts'

const assets = findAssets() ?? ''

describeWithKubectl('kubectl, unchanged, with the kubeconfig that ostler apiserver writes', () => {
  let embedded: EmbeddedServer
  let real: ControlPlane | undefined

  beforeAll(async () => {
    embedded = await startEmbeddedServer()
    if (hasControllerManager()) real = await startControlPlane({ server: 'real', controllers: true })
  })

  afterAll(async () => {
    await real?.stop()
    await embedded?.stop()
  })

  it('sees workloads become ready and go with --simulate workloads', async () => {
    const script = { name: 'simulated', lines: SIMULATED.map(({ line }) => line) }
    const printed = await runScript(script, { assets, kubeconfig: embedded.kubeconfig })
    const expected = SIMULATED.map(({ line, prints }) => ({ line, code: 0, stdout: prints, stderr: '' }))
    expect(printed.map(maskOutput)).toEqual(expected)
  })

  describe.skipIf(!hasControllerManager())('beside a real control plane', () => {
    it.each(SCRIPTS)('prints what it prints there for the script "$name"', async (script) => {
      const servers = [embedded, real as ControlPlane]
      const both = await Promise.all(servers.map(({ kubeconfig }) => runScript(script, { assets, kubeconfig })))
      const [ours = [], theirs = []] = both.map((printed) => printed.map(maskOutput))
      expect(ours.map((printed) => compared(script, printed))).toEqual(
        theirs.map((printed) => differing(script, printed) ?? compared(script, printed)),
      )
    })
  })
})

/** Of a line that is known to print something else, what the embedded server should print; fails when it no longer is else. */
function differing(script: Script, { line, stdout, stderr }: Printed): unknown {
  const known = knownDifference(script, line)
  if (known === undefined) return undefined
  expect(stdout + stderr, `what a real control plane prints for "${line}" is no difference`).not.toBe(known.embedded)
  return { line, output: known.embedded }
}

function compared(script: Script, { line, code, stdout, stderr }: Printed): unknown {
  return knownDifference(script, line) === undefined
    ? { line, code, stdout, stderr }
    : { line, output: stdout + stderr }
}

function knownDifference({ lines }: Script, asked: string): DifferentLine | undefined {
  return lines.find((line) => typeof line === 'object' && line.line === asked) as DifferentLine | undefined
}
