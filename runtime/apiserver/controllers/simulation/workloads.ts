import type { ControllerContext, RunningController } from '../controller-context.ts'
import { startDaemonSets } from './daemon-sets.ts'
import { startDeployments } from './deployments.ts'
import { startDisruptionBudgets } from './disruption-budgets.ts'
import { startEndpointSlices } from './endpoint-slices.ts'
import { startJobs } from './jobs.ts'
import { type PodTimes, startKubelet } from './kubelet.ts'
import { ensureNode, startNodeLifecycle } from './nodes.ts'
import { startReplicaSets, startReplicationControllers } from './replica-sets.ts'
import { startScheduler } from './scheduler.ts'
import { startStatefulSets } from './stateful-sets.ts'
import { startVolumeClaims } from './volume-claims.ts'

/**
 * `--simulate workloads`: what the controllers, the scheduler and the kubelets of a healthy cluster bring about. CronJobs make no
 * Jobs, autoscalers do not scale, and Services of type LoadBalancer get no address.
 */
export async function startWorkloads(context: ControllerContext, times: PodTimes): Promise<RunningController[]> {
  await ensureNode(context)
  return [
    ...startWorkloadControllers(context),
    startNodeLifecycle(context),
    startScheduler(context),
    startKubelet(context, times),
    startVolumeClaims(context),
  ]
}

/** The controllers alone, as on a cluster without nodes: pods stay Pending until somebody plays the scheduler and the kubelet. */
export function startWorkloadControllers(context: ControllerContext): RunningController[] {
  return [
    startDeployments(context),
    startReplicaSets(context),
    startReplicationControllers(context),
    startStatefulSets(context),
    startDaemonSets(context),
    startJobs(context),
    startEndpointSlices(context),
    startDisruptionBudgets(context),
  ]
}
