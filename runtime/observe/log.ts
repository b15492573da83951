import { type DestinationStream, destination, pino } from 'pino'
import { type Clock, realClock } from '../util/clock.ts'
import { cut, lineFields, MAX_MESSAGE_BYTES } from './log-fields.ts'
import type { LogLevel } from './log-level.ts'
import { formatLogRecord, type LogRecord } from './log-text.ts'

type Write = (message: string, fields?: object) => void

/** Where the runtime says what happens. An Error in `fields` becomes name, message, faults and, unexpected, its stack. */
export interface Logger {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
  /** A logger whose every line has these fields too. */
  child(fields: object): Logger
}

export interface LogOptions {
  /** `json`: a line of JSON each, for collectors; `text`: for a person at a terminal. */
  readonly format: 'json' | 'text'
  readonly level?: LogLevel
  /** Default: a buffered stdout. */
  readonly out?: DestinationStream
  /** Default: whether stdout is a terminal and NO_COLOR is not set. */
  readonly color?: boolean
  readonly clock?: Pick<Clock, 'now'>
}

/** Held while whoever reads stdout is slow; beyond it lines are dropped, for the host must not stand still with them. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024

/** Builds the root logger: pino's lines, each bounded in size. */
export function createLogger({ format, level = 'info', clock = realClock, ...rest }: LogOptions): Logger {
  const out = rest.out ?? bufferedStdout()
  const color = rest.color ?? (rest.out === undefined && process.stdout.isTTY === true && !process.env.NO_COLOR)
  const sink = format === 'json' ? out : { write: (line: string) => out.write(formatLogRecord(parse(line), color)) }
  const root = pino(
    {
      level,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
    },
    sink,
  )
  return withFields({})

  function withFields(fixed: Readonly<Record<string, unknown>>): Logger {
    const showStacks = level === 'debug'
    const at =
      (lineLevel: LogLevel): Write =>
      (message, fields = {}) => {
        if (!root.isLevelEnabled(lineLevel)) return
        root[lineLevel](lineFields(fields, fixed, showStacks), cut(message, MAX_MESSAGE_BYTES))
      }
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => withFields({ ...lineFields(fields, {}, showStacks), ...fixed }),
    }
  }
}

/** Flushed by pino when the process exits, also by process.exit(). */
function bufferedStdout(): DestinationStream {
  return destination({ dest: 1, sync: false, maxLength: MAX_BUFFERED_BYTES })
}

function parse(line: string): LogRecord {
  return JSON.parse(line) as LogRecord
}
