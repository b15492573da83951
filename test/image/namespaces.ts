import { execFile, spawnSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What one sees inside: a root of its own, read-only, and these on it. */
export interface Inside {
  /** Made by `makeRoot()`. */
  readonly root: string
  readonly workdir: string
  readonly user: { readonly uid: number; readonly gid: number }
  /** Folders of the outside, read-only inside; what changes outside is seen. */
  readonly binds: Readonly<Record<string, string>>
  /** Sizes, such as `64m`, of what is empty and writable. */
  readonly tmpfs: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
}

const ENTER = join(import.meta.dirname, 'enter.sh')
/** Where the base image has it. */
const NODE = '/usr/local/bin/node'
const NAMESPACES = ['--mount', '--pid', '--fork', '--kill-child']

/**
 * The command that runs `command` as process 1 of namespaces of its own: other mounts, other processes, the same network.
 * Root really becomes the other user; anybody else is shown as that user, in a user namespace.
 */
export function insideCommand(inside: Inside, command: readonly string[]): [string, ...string[]] {
  const { root, workdir, binds, tmpfs, env } = inside
  const isRoot = process.getuid?.() === 0
  const mounts = [
    ...['bind', '/usr', '/usr', 'bind', `${root}.local`, '/usr/local', 'bind', process.execPath, NODE],
    ...topFolders().flatMap((path) => (isLink(path) ? [] : ['bind', path, path])),
    ...Object.entries(binds).flatMap(([target, source]) => ['bind', source, target]),
    ...Object.entries(tmpfs).flatMap(([target, size]) => ['tmpfs', size, target]),
  ]
  const variables = Object.entries({ PATH: '/usr/local/bin:/usr/bin:/bin', ...env }).map(
    ([name, text]) => `${name}=${text}`,
  )
  return [
    ...(['unshare', ...NAMESPACES, ...(isRoot ? [] : ['--map-root-user'])] as [string, ...string[]]),
    ...['sh', ENTER, root, workdir, ...mounts, '--'],
    ...becomeUser(inside, isRoot),
    ...['env', '-i', ...variables, ...command],
  ]
}

/** With no capability left, and none to be had. What --kill-child asks for, a change of user forgets: it is asked for again. */
function becomeUser({ user: { uid, gid } }: Inside, isRoot: boolean): string[] {
  const drop = ['setpriv', '--pdeathsig=KILL', '--no-new-privs']
  const powerless = [...drop, '--inh-caps=-all', '--bounding-set=-all']
  if (isRoot) return [...powerless, `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
  return ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, ...drop]
}

/** Makes what an image's base has beside the image's own files. */
export function makeRoot(root: string): void {
  mkdirSync(join(root, 'etc'), { recursive: true })
  mkdirSync(join(root, 'home/node'), { recursive: true })
  mkdirSync(join(`${root}.local`, 'bin'), { recursive: true })
  writeFileSync(join(`${root}.local`, 'bin/node'), '')
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n')
  for (const path of topFolders()) if (isLink(path)) symlinkSync(readlinkSync(path), join(root, path))
}

/** Where programs and libraries lie beside /usr; links into it on most systems. */
const topFolders = () => ['/bin', '/lib', '/lib64'].filter((path) => existsSync(path))
const isLink = (path: string) => lstatSync(path).isSymbolicLink()

/** Why this machine does not let us make such namespaces; undefined where it does. */
export function whyNoNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'namespaces are Linux only'
  const dir = mkdtempSync(join(tmpdir(), 'ostler-namespaces-'))
  const root = join(dir, 'root')
  makeRoot(root)
  const inside: Inside = {
    root,
    workdir: '/',
    user: { uid: 1000, gid: 1000 },
    binds: {},
    tmpfs: { '/tmp': '1m' },
    env: {},
  }
  const [program, ...args] = insideCommand(inside, ['true'])
  const { status, error, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 20_000 })
  rmSync(dir, { recursive: true, force: true })
  return status === 0 ? undefined : error?.message || stderr.trim() || `unshare ended with ${status}`
}

export interface Outcome {
  readonly code: number | null
  readonly output: string
}

/** Runs a command that ends by itself, as another container of the same image would. */
export function runInside(inside: Inside, command: readonly string[]): Promise<Outcome> {
  const [program, ...args] = insideCommand(inside, command)
  return new Promise((resolve) => {
    const child = execFile(program, args, { timeout: 30_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, output: stdout + stderr }),
    )
  })
}
