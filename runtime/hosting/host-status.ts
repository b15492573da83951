import type { InformerSpec, Informers } from '../informer/informers.ts'
import type { ControllerOverview, ParkedOverview } from '../observe/page.ts'
import type { Readiness } from '../observe/server.ts'
import { formatGvk } from '../util/gvk.ts'
import type { HostedController } from './hosted-controller.ts'

/** Whether the host is ready, and what each controller waits for. */
export function readinessOf(
  hosted: readonly HostedController[],
  hasAnswered: boolean,
  informers: Informers,
): Readiness & { problems: readonly string[] } {
  const controllers = hosted.map(({ config: { name }, state }) => ({ name, ...state }))
  const silent = informers.all().filter(({ informer }) => informer.isSilent)
  const problems = [
    ...(hasAnswered ? [] : ['the API server has not answered yet']),
    ...silent.map(({ spec, informer }) => saySilent(spec, informer.lastSignAgeMs)),
  ]
  const ok = problems.length === 0 && controllers.every((controller) => controller.ok)
  return { ok, controllers, problems }
}

function saySilent({ gvk }: InformerSpec, ageMs: number): string {
  return `the watch of ${formatGvk(gvk)} has been silent for ${Math.round(ageMs / 1000)} s`
}

/** What is parked in one controller. */
export function parkedOf({ config, controller }: HostedController): ParkedOverview[] {
  return controller.parked().map(({ key, since, attempts, failure }) => {
    const [name = '', namespace] = key.split('/').reverse()
    const message = `${failure.name}: ${failure.message}`
    return {
      controller: config.name,
      name,
      since,
      attempts,
      message,
      ...(namespace === undefined ? {} : { namespace }),
    }
  })
}

/** One controller as the page shows it; handlers by their path from the config's folder. */
export function overviewOf(hosted: HostedController, shownPath: (path: string) => string): ControllerOverview {
  const { config, controller, recorder, state, guestMemoryBytes } = hosted
  return {
    name: config.name,
    kind: formatGvk(config.gvk),
    handler: shownPath(config.handler),
    ...state,
    queued: controller.depth,
    running: controller.running,
    parked: controller.parked().length,
    ...recorder.totals(),
    guestMemoryBytes,
  }
}
