// @ts-check
// A file of 1 TB that exists nowhere, uploaded at 500 MB/s into a release of a model of its own.
// node upload-1tb.mjs [SIZE] [RATE], with URL, ACCESS_KEY and SECRET_KEY in .local.env or the environment.
import { connect, createRelease, getOrCreateModel, uploadFile } from 'bailo-exp'

const [size = '1TB', rate = '500MB/s'] = process.argv.slice(2)
const bailo = await connect()
const { modelId } = await getOrCreateModel(bailo, { envKey: 'UPLOAD_1TB_MODEL_ID', name: 'Upload of a large file' })
const file = await uploadFile(bailo, { modelId, name: 'large.bin', size, rate })
const semver = await createRelease(bailo, { modelId, fileIds: [file.fileId], notes: `One file of ${size}.` })
console.log(`${bailo.url}/model/${modelId}/release/${semver} has ${file.name} with ${file.sizeBytes} bytes`)
await bailo.close()
