import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import { addAccessRequestRoutes } from './access-requests.js'
import { addCardRoutes } from './cards.js'
import { addDownloadRoutes } from './downloads.js'
import { addFileUploadRoutes } from './file-uploads.js'
import { addFileRoutes } from './files.js'
import { addImageRoutes } from './images.js'
import { addModelRoutes } from './models.js'
import { addReleaseRoutes } from './releases.js'
import { addReviewRoutes } from './reviews.js'
import { addSchemaRoutes } from './schemas.js'
import { addSearchRoutes } from './search.js'
import { addSystemRoutes } from './system.js'
import { addTokenRoutes } from './tokens.js'
import { addWebhookRoutes } from './webhooks.js'

/** Adds the HTTP API, without the registry. */
export function addAllRoutes(routes: Routes, parts: SandboxParts): void {
  addSystemRoutes(routes, parts)
  addTokenRoutes(routes, parts)
  addModelRoutes(routes, parts)
  addSearchRoutes(routes, parts)
  addSchemaRoutes(routes, parts)
  addCardRoutes(routes, parts)
  addFileRoutes(routes, parts)
  addFileUploadRoutes(routes, parts)
  addDownloadRoutes(routes, parts)
  addReleaseRoutes(routes, parts)
  addImageRoutes(routes, parts)
  addAccessRequestRoutes(routes, parts)
  addWebhookRoutes(routes, parts)
  addReviewRoutes(routes, parts)
}
