import { type ChildProcess, spawn } from 'node:child_process'
import type { Clock } from '../util/clock.ts'

/**
 * Kills the guests when the host is gone, however it went.
 * A guest ends by itself when its socket closes, but not while a handler loops; and a host that got SIGKILL can do nothing.
 * So one shell, in a session of its own, reads which processes are guests from a pipe that only the host holds; when the
 * pipe ends it kills those left and removes the guests' folder.
 * Refused: PR_SET_PDEATHSIG by `setpriv`, which is Linux and util-linux only and adds a program to every start of a guest.
 */
export interface Reaper {
  readonly pid: number | undefined
  add(pid: number): void
  remove(pid: number): void
  close(): void
}

// A pid that is used again between a guest's end and the `-` line would be killed in its place: both must fall into the
// milliseconds in which the host itself dies, since the host reaps and reports its guests at once.
const SCRIPT = `
trap '' HUP INT QUIT TERM
guests=' '
while read -r sign pid; do
  case $sign in
    +) guests="$guests$pid " ;;
    -) guests="\${guests%% $pid *} \${guests#* $pid }" ;;
  esac
done
kill -KILL $guests
chmod -R u+w "$1"
rm -rf "$1"
`

const RESTART_MS = 1_000

/** Starts the reaper; it is started again when something kills it. `onMissing` hears why there can be none. */
export function startReaper(directory: string, clock: Clock, onMissing: (message: string) => void): Reaper {
  const guests = new Set<number>()
  let closed = false
  let shell = start()
  return {
    get pid() {
      return shell.pid
    },
    add(pid) {
      guests.add(pid)
      tell(`+ ${pid}\n`)
    },
    remove(pid) {
      if (guests.delete(pid)) tell(`- ${pid}\n`)
    },
    close() {
      closed = true
      shell.stdin?.end()
    },
  }

  function start(): ChildProcess {
    const child = spawn('/bin/sh', ['-c', SCRIPT, 'ostler-reaper', directory], {
      detached: true,
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    child.on('error', (error) => onMissing(`Cannot start the reaper of guests: ${error.message}`))
    child.on('exit', () => {
      if (closed) return
      clock.after(RESTART_MS, () => {
        if (closed) return
        shell = start()
        for (const pid of guests) tell(`+ ${pid}\n`)
      })
    })
    // Its end is no news to the pipe's writer, and waiting for it must not keep the host alive.
    child.stdin?.on('error', () => {})
    child.unref()
    ;(child.stdin as unknown as { unref?: () => void })?.unref?.()
    return child
  }

  function tell(line: string): void {
    if (shell.stdin?.writable) shell.stdin.write(line)
  }
}
