import { basicAuth } from '../commands/read-instance.js'
import { TestSandbox } from '../sandbox/client.js'
import type { SandboxOptions } from '../../src/lib/sandbox/index.js'

/** Two sandboxes, of which the first one brings its exports to the second. */
export interface MirrorPair {
  readonly source: TestSandbox
  readonly copy: TestSandbox
  close(): Promise<void>
}

export async function startMirrorPair(options: { readonly copy?: SandboxOptions } = {}): Promise<MirrorPair> {
  const copy = await TestSandbox.start(options.copy)
  const mirrorTo = { url: copy.sandbox.url, authorization: basicAuth(copy.sandbox) }
  const source = await TestSandbox.start({ mirrorTo })
  return { source, copy, close: async () => void (await Promise.all([source.close(), copy.close()])) }
}

/** Makes a mirrored model in the copy, and enters it as the destination of a model of the source; returns its id. */
export async function linkMirror({ source, copy }: MirrorPair, modelId: string): Promise<string> {
  const settings = { mirror: { sourceModelId: modelId } }
  const mirrorId = await copy.createModel({ name: 'Mirror', kind: 'mirrored-model', settings })
  await source.patch(`/api/v2/model/${modelId}`, { settings: { mirror: { destinationModelId: mirrorId } } })
  return mirrorId
}

/** Gives a card a second version: one that has only its first is refused by an import (from Bailo's source). */
export async function writeCard({ source }: MirrorPair, modelId: string, modelSummary = 'a summary'): Promise<void> {
  await source.put(`/api/v2/model/${modelId}/model-cards`, { metadata: { overview: { modelSummary } } })
}

/** Requests an export by plain HTTP, and waits until all of it has come to an end; returns how. */
export async function exportAll({ source }: MirrorPair, modelId: string, semvers: readonly string[]): Promise<string> {
  const path = `/api/v2/model/${modelId}`
  await source.post(`${path}/export/s3`, { disclaimerAgreement: true, semvers })
  for (;;) {
    const status = (await source.get(`${path}/transfers`)).body.transfers[0]?.status ?? ''
    if (status === 'completed' || status === 'failed') return status
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
