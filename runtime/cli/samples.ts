import type { Host } from '../host.ts'
import type { Logger } from '../observe/log.ts'
import { applyManifests } from '../tools/apply-manifests.ts'
import { brokenPromises, type Sample } from '../tools/samples.ts'
import { type EmbeddedCluster, MANAGER } from './embedded-cluster.ts'

/** A busy host may take this long. */
const KEPT_WITHIN_MS = 120_000
/** Pods of a simulated cluster take seconds: an idle host, about which nothing changes for so long, waits in vain. */
const UNCHANGED_FOR_MS = 15_000
const LOOK_EACH_MS = 250

/** Applies the samples, as their author would by kubectl. */
export async function applySamples(cluster: EmbeddedCluster, samples: readonly Sample[], log: Logger): Promise<void> {
  for (const { name, objects } of samples)
    await applyManifests(cluster, objects, MANAGER, ({ object }) =>
      log.info(`Applied ${object.kind} "${object.metadata?.name}" of sample ${name}`),
    )
}

/** Waits until the host is idle and every sample has led to what it promises; answers what is missing when that takes too long. */
export async function untilKept(
  cluster: EmbeddedCluster,
  host: Host,
  samples: readonly Sample[],
  stopped: AbortSignal,
): Promise<readonly string[]> {
  const { clock } = cluster
  const endsAtMs = clock.now() + KEPT_WITHIN_MS
  for (let known = '', sinceMs = clock.now(); ; await clock.sleep(LOOK_EACH_MS)) {
    const broken = (await Promise.all(samples.map((sample) => brokenPromises(cluster, sample)))).flat()
    const busy = await host.busy()
    const missing = [...broken, ...busy]
    if (missing.length === 0 || clock.now() >= endsAtMs || stopped.aborted) return missing
    const isSame = busy.length === 0 && missing.join() === known
    if (!isSame) sinceMs = clock.now()
    else if (clock.now() - sinceMs >= UNCHANGED_FOR_MS) return missing
    known = missing.join()
  }
}
