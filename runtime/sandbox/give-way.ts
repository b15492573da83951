import { writeFile } from 'node:fs'
import { setPriority } from 'node:os'

/** Enough that the host is served first on a core that a looping handler wants too, and a guest is not starved by a busy host. */
const NICE = 10

/**
 * Lets a process that has just been started give way to the host: in time, for the processor, and in need, for memory.
 * It is done before the process has made its threads, which then inherit it. What the system refuses is left as it was.
 */
export function giveWay(pid: number): void {
  try {
    setPriority(pid, NICE)
  } catch {
    // Gone already; its end is told elsewhere.
  }
  // Linux may weigh sessions instead (sched_autogroup), and each guest has one of its own: a group of one would then get as
  // much as the host with all else in its session. It refuses with EAGAIN when asked twice within 100 ms by an ordinary user.
  writeFile(`/proc/${pid}/autogroup`, String(NICE), () => {})
  // Should the machine run out of memory, the kernel is to take the guest and not the host.
  writeFile(`/proc/${pid}/oom_score_adj`, '1000', () => {})
}
