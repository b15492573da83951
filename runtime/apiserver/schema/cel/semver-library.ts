import { type Library, RuleError } from './library.ts'

const TYPE = 'kubernetes.Semver'

interface Version {
  readonly major: bigint
  readonly minor: bigint
  readonly patch: bigint
  /** `alpha.1`; empty: released. */
  readonly prerelease: readonly string[]
}

/** What rules know of a version. */
class SemverValue {
  readonly version: Version

  constructor(version: Version) {
    this.version = version
  }
}

/** Kubernetes' semantic versions. source: apiserver pkg/cel/library/semverlib.go */
export const semverLibrary: Library = (environment) => {
  environment
    .registerType(TYPE, SemverValue)
    .registerOperator(`${TYPE} == ${TYPE}`, (a: SemverValue, b: SemverValue) => compare(a, b) === 0n)
    .registerFunction(`semver(string): ${TYPE}`, (text: string) => parse(text, false))
    .registerFunction(`semver(string, bool): ${TYPE}`, parse)
    .registerFunction('isSemver(string): bool', (text: string) => read(text, false) !== undefined)
    .registerFunction(
      'isSemver(string, bool): bool',
      (text: string, lenient: boolean) => read(text, lenient) !== undefined,
    )
    .registerFunction(`${TYPE}.isGreaterThan(${TYPE}): bool`, (a: SemverValue, b: SemverValue) => compare(a, b) > 0n)
    .registerFunction(`${TYPE}.isLessThan(${TYPE}): bool`, (a: SemverValue, b: SemverValue) => compare(a, b) < 0n)
    .registerFunction(`${TYPE}.compareTo(${TYPE}): int`, compare)
    .registerFunction(`${TYPE}.major(): int`, ({ version }: SemverValue) => version.major)
    .registerFunction(`${TYPE}.minor(): int`, ({ version }: SemverValue) => version.minor)
    .registerFunction(`${TYPE}.patch(): int`, ({ version }: SemverValue) => version.patch)
}

function compare({ version: a }: SemverValue, { version: b }: SemverValue): bigint {
  for (const part of ['major', 'minor', 'patch'] as const) if (a[part] !== b[part]) return a[part] < b[part] ? -1n : 1n
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return BigInt(Math.sign(b.prerelease.length - a.prerelease.length))
  for (const [i, one] of a.prerelease.entries()) {
    const other = b.prerelease[i]
    if (other === undefined) return 1n
    if (one !== other) return isLower(one, other) ? -1n : 1n
  }
  return a.prerelease.length < b.prerelease.length ? -1n : 0n
}

/** Numbers are lower than words. */
function isLower(a: string, b: string): boolean {
  const [aIsNumber, bIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (aIsNumber && bIsNumber) return BigInt(a) < BigInt(b)
  return aIsNumber !== bIsNumber ? aIsNumber : a < b
}

function parse(text: string, lenient: boolean): SemverValue {
  const version = read(text, lenient)
  if (version === undefined) throw new RuleError('No Major.Minor.Patch elements found')
  return new SemverValue(version)
}

const NUMBER = '(0|[1-9]\\d*)'
const VERSION = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-((?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\\.(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?$`,
)

/** Leniently: a `v` in front, missing parts, zeros in front of numbers. */
function read(text: string, lenient: boolean): Version | undefined {
  const match = VERSION.exec(lenient ? normalize(text) : text)
  if (match === null) return undefined
  const [, major = '0', minor = '0', patch = '0', prerelease = ''] = match
  return {
    major: BigInt(major),
    minor: BigInt(minor),
    patch: BigInt(patch),
    prerelease: prerelease === '' ? [] : prerelease.split('.'),
  }
}

function normalize(text: string): string {
  const [, core = '', rest = ''] = /^v?([^-+]*)(.*)$/s.exec(text) ?? []
  const parts = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''))
  while (parts.length < 3) parts.push('0')
  return parts.join('.') + rest
}
