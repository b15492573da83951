/** Bundles two projects at once and then the second again; prints what came of each. Run by bundle-service.test.ts. */
import { join } from 'node:path'
import { bundleHandler } from '../../runtime/sandbox/bundle.ts'

const [deep = '', other = ''] = process.argv.slice(2)
const outcome = (root: string) =>
  bundleHandler({ file: join(root, 'handlers/h.ts'), configDir: root }).then(
    ({ hash }) => hash,
    (error: Error) => error.message,
  )
const together = await Promise.all([outcome(deep), outcome(other)])
console.log(JSON.stringify([...together, await outcome(other)]))
