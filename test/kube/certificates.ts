import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the test certificates are (certs/make.sh says what each is). */
export const certFile = (name: string) => join(import.meta.dirname, 'certs', name)

export const cert = (name: string) => readFileSync(certFile(name), 'utf8')
