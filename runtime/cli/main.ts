#!/usr/bin/env -S node --disable-sigusr1 --max-semi-space-size=2
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { ERROR_CODES, RuntimeError } from '../errors.ts'
import { LOG_LEVELS, type LogLevel } from '../observe/log-level.ts'
import { useCompileCache } from '../util/compile-cache.ts'
import { keepHeapLean } from '../util/lean-heap.ts'
import { messageOf } from '../util/message-of.ts'
import { shownFault } from '../util/shown-fault.ts'
import { version } from '../util/version.ts'
import type { ApiServerFlags } from './apiserver.ts'
import type { DevFlags } from './dev.ts'
import type { RemoveFlags } from './finalizers.ts'

/** Good, the user's fault, ours. */
const EXIT = { good: 0, user: 1, system: 2 } as const

/** What `run` and `dev` take alike. */
export interface HostFlags {
  readonly config?: string
  readonly kubeconfig?: string
  readonly context?: string
  readonly listen: string
  readonly logLevel: LogLevel
  readonly watch: boolean
}

keepHeapLean()

const program = new Command('ostler')
  .description('Hosts Kubernetes controllers: one TypeScript file and a few lines of YAML each')
  .version(version)
  .showHelpAfterError('(ostler COMMAND --help tells more)')
  .exitOverride()

hostCommand('dev', 'host the config while you write it: hot, with readable logs')
  .option('--samples <DIR>', 'apply these objects, and follow what becomes of them (embedded API server only)')
  .option('--once', 'end when all samples have led to what NAME.expect.yaml promises: 0, else 1 and what is missing')
  .addOption(simulateOption())
  .addHelpText(
    'after',
    `
Without --kubeconfig and --context it starts the embedded API server, applies the config's crds and says where the
kubeconfig is. It never takes a cluster from KUBECONFIG or ~/.kube/config.`,
  )
  .action(async (flags: DevFlags, command: Command) => {
    useCompileCache()
    const { dev } = await import('./dev.ts')
    // Nobody looks at the probes of a run that ends by itself, and it may be one of several.
    const isAnyPort = flags.once === true && command.getOptionValueSource('listen') === 'default'
    process.exitCode = (await dev(isAnyPort ? { ...flags, listen: '127.0.0.1:0' } : flags)) ? EXIT.good : EXIT.user
  })

hostCommand('run', 'host the config in production: JSON logs')
  .addHelpText(
    'after',
    '\nThe cluster is that of --kubeconfig, KUBECONFIG or ~/.kube/config, in this order, else that of the pod it runs in.',
  )
  .option('--no-watch', 'leave config and handlers as they are at start')
  .action(async (flags: HostFlags) => {
    const { run } = await import('./run.ts')
    return run(flags)
  })

program
  .command('apiserver')
  .description('the embedded API server alone: a cluster for kubectl and tests, without one')
  .option('--port <PORT>', 'on 127.0.0.1; 0 takes a free one', portNumber, 0)
  .option('--kubeconfig-out <FILE>', "write the admin's kubeconfig here once it answers (default: a temporary file)")
  .option('--data-dir <DIR>', 'keep the state there (default: in memory)')
  .addOption(simulateOption())
  .action(async (flags: ApiServerFlags) => {
    useCompileCache()
    const { apiServer } = await import('./apiserver.ts')
    await apiServer(flags)
  })

program
  .command('validate')
  .description('show every fault of config and handlers as file:line:column, without a cluster')
  .addOption(configOption())
  .action(async (flags: { config?: string }) => {
    const { validate } = await import('./validate.ts')
    process.exitCode = (await validate(flags)) ? EXIT.good : EXIT.user
  })

program
  .command('finalizers')
  .description('look after finalizers that controllers left behind')
  .command('remove')
  .argument('<NAME>', "the controller's name", controllerName)
  .description("take a retired controller's finalizer off all objects")
  .addOption(configOption())
  .option('--kubeconfig <FILE>', 'the cluster, from this file alone')
  .option('--context <NAME>', "the kubeconfig's context to use")
  .option('--dry-run', 'show the objects, change nothing')
  .addHelpText(
    'after',
    '\nOf the kind in its config entry where there is one, else of every kind. The cluster is found as `run` finds it.',
  )
  .action(async (name: string, flags: RemoveFlags) => {
    const { removeFinalizersCommand } = await import('./finalizers.ts')
    process.exitCode = (await removeFinalizersCommand(name, flags)) ? EXIT.good : EXIT.system
  })

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

function hostCommand(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .addOption(configOption())
    .option('--kubeconfig <FILE>', 'the cluster, from this file alone')
    .option('--context <NAME>', "the kubeconfig's context to use")
    .option('--listen <HOST:PORT>', 'where probes, metrics and /parked answer', '127.0.0.1:8787')
    .addOption(new Option('--log-level <LEVEL>', 'the least level to log').choices(LOG_LEVELS).default('info'))
}

function simulateOption(): Option {
  const what = 'have Deployments, Jobs, Pods and the like advance as on a healthy cluster (embedded API server only)'
  return new Option('--simulate <WHAT...>', what).choices(['workloads'])
}

function portNumber(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new InvalidArgumentError('It is no port.')
}

function controllerName(text: string): string {
  if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text)) return text
  throw new InvalidArgumentError('It is no name of a controller.')
}

function configOption(): Option {
  return new Option(
    '--config <FILE>',
    'the config (default: ostler.yaml, .ostlerrc.yaml, config/ostler.yaml or package.json)',
  )
}

/** Prints what went wrong and answers the exit code: whose fault it is. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.user
  if (!(error instanceof RuntimeError)) {
    console.error(error instanceof Error ? error.stack : messageOf(error))
    return EXIT.system
  }
  for (const fault of error.faults) console.error(shownFault(fault))
  if (error.faults.length === 0) console.error(error.message)
  return EXIT[ERROR_CODES[error.code]]
}
