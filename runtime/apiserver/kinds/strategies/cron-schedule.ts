interface CronField {
  readonly min: number
  readonly max: number
  readonly names?: readonly string[]
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const FIELDS: readonly CronField[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
]
const DESCRIPTORS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']

/** What is wrong with a CronJob's schedule, in the words of github.com/robfig/cron/v3; undefined: nothing. */
export function cronFault(schedule: string): string | undefined {
  const text = schedule.replace(/^(CRON_)?TZ=\S+\s+/, '').trim()
  if (text === '') return 'empty spec string'
  if (text.startsWith('@')) {
    if (DESCRIPTORS.includes(text) || /^@every \d/.test(text)) return undefined
    return `unrecognized descriptor: ${text}`
  }
  const parts = text.split(/\s+/)
  if (parts.length !== FIELDS.length) return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`
  for (const [index, part] of parts.entries()) {
    for (const range of part.split(',')) {
      const fault = rangeFault(range, FIELDS[index] as CronField)
      if (fault !== undefined) return fault
    }
  }
  return undefined
}

function rangeFault(range: string, field: CronField): string | undefined {
  const [span = '', step, ...more] = range.split('/')
  if (more.length > 0) return `too many slashes: ${range}`
  const [low = '', high, ...beyond] = span.split('-')
  if (beyond.length > 0) return `too many hyphens: ${range}`
  const isAny = low === '*' || low === '?'
  const start = isAny ? field.min : readNumber(low, field)
  if (start === undefined) return numberFault(low)
  const end = isAny ? field.max : high !== undefined ? readNumber(high, field) : step === undefined ? start : field.max
  if (end === undefined) return numberFault(high ?? '')
  const by = step === undefined ? 1 : readNumber(step, { min: 0, max: field.max })
  if (by === undefined) return numberFault(step ?? '')
  return boundsFault(start, end, by, field, range)
}

function boundsFault(
  start: number,
  end: number,
  step: number,
  { min, max }: CronField,
  range: string,
): string | undefined {
  if (start < min) return `beginning of range (${start}) below minimum (${min}): ${range}`
  if (end > max) return `end of range (${end}) above maximum (${max}): ${range}`
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${range}`
  return step === 0 ? `step of range should be a positive number: ${range}` : undefined
}

function readNumber(text: string, { names, min }: CronField): number | undefined {
  const named = names?.indexOf(text.toLowerCase()) ?? -1
  if (named >= 0) return named + min
  return /^\d+$/.test(text) ? Number(text) : undefined
}

function numberFault(text: string): string {
  return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
}
