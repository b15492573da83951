import { writeFileSync } from 'node:fs'
import { askRealServer } from './ask-real-server.ts'

/** Records the real server's answers: `KUBEBUILDER_ASSETS=… node test/apiserver/strategies/record-answers.ts`. */
const answers = await askRealServer()
writeFileSync(new URL('./recorded-answers.json', import.meta.url), `${JSON.stringify(answers, null, 1)}\n`)
