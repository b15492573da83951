import { CASES } from './cases/areas.ts'
import { askRealServer } from './real-server.ts'
import { writeRecorded } from './recorded.ts'

// Asks the real server all cases and writes its answers into recorded/; needs KUBEBUILDER_ASSETS.
writeRecorded(await askRealServer(CASES))
