import { RuntimeError } from '../errors.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/**
 * Reads the HOST:PORT of `--listen`, also `[::1]:8787`; port 0 takes a free one.
 * errors:  RuntimeError LISTEN_FAILED
 */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) {
    throw new RuntimeError(
      'LISTEN_FAILED',
      `Cannot listen on "${text}": --listen takes HOST:PORT, such as 127.0.0.1:8787`,
    )
  }
  return { host: match[1] ?? match[2] ?? '', port }
}

export function formatListenAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Why listening failed, in words that name the way out. */
export function listenError(address: ListenAddress, cause: unknown): RuntimeError {
  const where = formatListenAddress(address)
  const { code, message } = cause as NodeJS.ErrnoException
  const why =
    code === 'EADDRINUSE'
      ? `port ${address.port} is in use`
      : code === 'EACCES'
        ? `port ${address.port} is not allowed`
        : message
  return new RuntimeError(
    'LISTEN_FAILED',
    `Cannot listen on ${where}: ${why}; choose another with --listen HOST:PORT`,
    { cause },
  )
}
