import type { Printed } from './run-script.ts'

/** What differs from run to run, in the order of replacement. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'],
  [/\/tmp\/[\w./-]+/g, '<file>'],
  [/^(---|\+\+\+) .*$/gm, '$1 <file>'],
  [/https:\/\/127\.0\.0\.1:\d+/g, '<server>'],
  [/127\.0\.0\.1:\d+/g, '<server>'],
  [/20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, '<time>'],
  [/(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w+ 20\d\d \d\d:\d\d:\d\d [+-]\d{4}/g, '<time>'],
  // The client library's own notes, of which those on ended watches depend on the moment.
  [/^[EIW]\d{4} [\d:.]+ +\d+ reflector.*\n/gm, ''],
  [/^[EIW]\d{4} [\d:.]+ +\d+ /gm, '<log> '],
  [/(resourceVersion"?: |Resource Version: +)"?\d+"?/g, '$1<version>'],
  [/\b10\.96\.\d+\.\d+/g, '<cluster ip>'],
  [/\b3[0-2]\d{3}\b/g, '<node port>'],
  [/(\bweb-)[a-f0-9]{8,10}\b/g, '$1<hash>'],
  [/(pod-template-hash[=:] ?)[a-f0-9]{8,10}\b/g, '$1<hash>'],
  [/(kube-api-access-)[a-z0-9]{5}/g, '$1<suffix>'],
  [/(?<=\s)(\d+d)?(\d+h)?(\d+m)?\d+s(?= ago|\s|$)/g, '<age>'],
  [/(?<=\s)\d+m(?= ago)/g, '<age>'],
  // A column is as wide as what is masked in it.
  [/ {2,}/g, '  '],
  [/ +$/gm, ''],
  // The real one repairs, now and then, the address of a Service that it has made a moment ago.
  [/^.*\bClusterIPNotAllocated\b.*\n/gm, ''],
  [/^Events:\n {2}Type .*\n {2}---- .*\n(?! {2})/gm, 'Events:  <none>\n'],
]

export function maskOutput({ line, code, stdout, stderr }: Printed): Printed {
  return { line, code, stdout: mask(stdout), stderr: mask(stderr) }
}

function mask(text: string): string {
  return VOLATILE.reduce((masked, [pattern, replacement]) => masked.replace(pattern, replacement), text)
}
