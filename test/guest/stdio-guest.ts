/** A guest without a host: loads the bundle that it reads from stdin, calls `run`, and prints what it would send. */
import prelude from 'ostler:prelude'
import { createVm } from '../../runtime/guest/vm.ts'

const vm = createVm({ prelude, outer })

function outer(op: string, id: number, text: string): string {
  if (op === 'setTimeout') setTimeout(() => vm.deliver('timer', id, ''), Number(text))
  if (op === 'send') process.stdout.write(`${text.replace('\n', ' ')}\n`)
  return ''
}

let code = ''
process.stdin.setEncoding('utf8')
process.stdin.on('data', (chunk: string) => {
  code += chunk
})
process.stdin.on('end', () => {
  process.stdout.write(`loaded ${vm.load(code, 'handler.js')}\n`)
  vm.deliver('call', 1, JSON.stringify({ export: 'run', args: [{}], context: {} }))
})
