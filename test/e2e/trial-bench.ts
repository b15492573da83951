import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from '../control-plane/control-plane.ts'
import { type HostOptions, type HostProcess, startHost } from './host-process.ts'
import { createProject, type Project } from './project.ts'
import { installTrials, type Trials } from './trials.ts'

/** An API server that has the kind Trial. */
export interface TrialServer {
  readonly controlPlane: ControlPlane
  readonly trials: Trials
  /** What hosts reach it by. */
  readonly kubeconfig: string
  stop(): Promise<void>
}

/** What every test of a suite finds; to be read in tests and hooks only. */
export interface TrialBench<Server extends TrialServer = TrialServer> {
  readonly server: Server
  readonly controlPlane: ControlPlane
  readonly trials: Trials
  /** The test's own; its hosts end and the Trials go after it. */
  readonly project: Project
  /** With the test's project, as the admin unless told otherwise. */
  startHost(options?: Partial<HostOptions>): Promise<HostProcess>
}

/**
 * Sets up a suite on one API server, a project for each test. Call it first in a `describe`: hooks after it find its work done,
 * and `afterEach` after it runs before the project and the Trials go.
 */
export function setUpTrials<Server extends TrialServer>(start: () => Promise<Server>): TrialBench<Server> {
  let server: Server | undefined
  let project: Project | undefined

  beforeAll(async () => {
    server = await start()
  })

  afterAll(() => server?.stop())

  beforeEach(() => {
    project = createProject()
  })

  afterEach(async () => {
    await project?.remove()
    await server?.trials.removeAll()
  })

  const started = (): Server => server ?? fail('API server')
  const own = (): Project => project ?? fail('project')
  return {
    get server() {
      return started()
    },
    get controlPlane() {
      return started().controlPlane
    },
    get trials() {
      return started().trials
    },
    get project() {
      return own()
    },
    startHost: (options) => startHost({ project: own(), kubeconfig: started().kubeconfig, ...options }),
  }
}

export async function startTrialServer(options?: ControlPlaneOptions): Promise<TrialServer> {
  const controlPlane = await startControlPlane(options)
  const trials = await installTrials(controlPlane)
  return { controlPlane, trials, kubeconfig: controlPlane.kubeconfig, stop: () => controlPlane.stop() }
}

function fail(what: string): never {
  throw new Error(`Cannot use the bench's ${what} before its hooks have run`)
}
