import { buildDocument, type DocumentInput } from '../../../src/lib/report/document/build-document.js'
import { toLatencyPart } from '../../../src/lib/report/document/latency.js'
import type { ExperimentPart, RunDocument } from '../../../src/lib/report/document/model.js'
import { LatencyHistogram } from '../../../src/lib/run/histogram.js'
import { Recorder } from '../../../src/lib/run/recording/recorder.js'

/** Ends an element, an attribute, a script, a comment, a cell, a line; controls, half a pair, and a wrong direction. */
export const HOSTILE =
  '</script><script>globalThis.stolen=1</script><img src=x onerror=globalThis.stolen=1>"\'&amp;|a`b``c`\n# *x* @everyone [a](javascript:globalThis.stolen=1) ]]> <!-- \u001b[31m \u0000 \u202egnp.exe \u2028 \u{e0041} \ud800 \uffff'

export function latenciesOf(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram()
  for (const value of values) histogram.record(value)
  return histogram
}

/** What may be said of a run; everything that a server, a file or a user can name is `name`. */
export function inputOf(name: string, more: Partial<DocumentInput> = {}): DocumentInput {
  const recorder = new Recorder()
  recorder.target('http://localhost:8080', name)
  for (let index = 0; index < 30; index++) {
    recorder.stepBegan()
    recorder.bytesSent(1000)
    const outcome = { latencyMs: 10 + index, bytes: 1000, retries: 0 }
    recorder.statistics.recordDone('file', outcome)
    recorder.stepDone(`file ${name}`, outcome)
    recorder.stepEnded()
  }
  recorder.requestRetried()
  const outcome = { latencyMs: 99, bytes: 0, retries: 1 }
  recorder.statistics.recordFailed('file', outcome)
  recorder.stepFailed(`file ${name} 2`, new Error(name), outcome)
  return {
    version: '1.2.3',
    command: 'scanners',
    args: [`--model=${name}`],
    seed: name,
    concurrency: 8,
    recording: recorder.recording(),
    run: {
      id: 'abcdefgh',
      isDryRun: false,
      retries: 1,
      failed: [{ key: `file ${name} 2`, message: name, tryNext: [name] }],
      planned: [],
      resume: `bailo-exp scanners --resume ${name}`,
    },
    findings: [{ subject: name, message: name, tryNext: name }],
    exitCode: 4,
    reason: name,
    experiment: scannersPart(name),
    ...more,
  }
}

export function documentOf(name: string, more: Partial<DocumentInput> = {}): RunDocument {
  return buildDocument(inputOf(name, more))
}

export function scannersPart(name: string): ExperimentPart {
  const points = [100, 5000, 2_000_000].map((sizeBytes) => ({ sizeBytes, afterMs: 500 + sizeBytes / 1000 }))
  const latency = toLatencyPart(latenciesOf(points.map(({ afterMs }) => afterMs)))
  const states = { clean: 2, bad: 1, skipped: 0, error: 0, unfinished: 0 }
  return {
    type: 'scanners',
    intervalMs: 200,
    scanners: [name, 'ModelScan'].map((scanner) => ({
      scanner,
      version: name,
      states,
      points,
      ...(latency && { latency }),
    })),
  }
}
