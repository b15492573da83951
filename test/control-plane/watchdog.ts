import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'

/**
 * Waits for the end of stdin, kills every process that has a pid file in the folder, and removes the folder.
 * Once more after a second, as a dying etcd may still have made a file.
 */
const SCRIPT = `cat >/dev/null
for file in "$1"/*.pid; do [ -f "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null; done
rm -rf "$1" 2>/dev/null || { sleep 1; rm -rf "$1"; }`

/**
 * Watches over what is started in `dir`. However this process ends (also by SIGKILL), its end of the pipe closes and the
 * watchdog cleans up. It has a session of its own, so that Ctrl-C or a killed process group does not take it first.
 * The answer does the same on demand.
 */
export function startWatchdog(dir: string): () => Promise<void> {
  const shell = spawn('sh', ['-c', SCRIPT, 'sh', dir], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  const exited = once(shell, 'exit')
  shell.unref()
  const stdin = shell.stdin as unknown as Socket
  stdin.unref()
  return async () => {
    shell.ref()
    stdin.end()
    await exited
  }
}
