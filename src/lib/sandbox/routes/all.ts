import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import { addAccessRequestRoutes } from './access-requests.js'
import { addCardExportRoutes } from './card-export.js'
import { addCardRoutes } from './cards.js'
import { addConfigRoutes } from './config.js'
import { addDownloadRoutes } from './downloads.js'
import { addEntityRoutes } from './entities.js'
import { addFileUploadRoutes } from './file-uploads.js'
import { addFileRoutes } from './files.js'
import { addImageRoutes } from './images.js'
import { addMetricsRoutes } from './metrics.js'
import { addModelRoutes } from './models.js'
import { addReleaseRoutes } from './releases.js'
import { addResponseRoutes } from './responses.js'
import { addReviewRoleRoutes } from './review-roles.js'
import { addReviewRoutes } from './reviews.js'
import { addRoleRoutes } from './roles.js'
import { addScanningRoutes } from './scanning.js'
import { addSchemaMigrationRoutes } from './schema-migrations.js'
import { addSchemaRoutes } from './schemas.js'
import { addSearchRoutes } from './search.js'
import { addSystemRoutes } from './system.js'
import { addTokenRoutes } from './tokens.js'
import { addTransferRoutes } from './transfers.js'
import { addWebhookRoutes } from './webhooks.js'

/** Adds the HTTP API, without the registry. */
export function addAllRoutes(routes: Routes, parts: SandboxParts): void {
  addSystemRoutes(routes, parts)
  addMetricsRoutes(routes, parts)
  addTokenRoutes(routes, parts)
  addModelRoutes(routes, parts)
  addSearchRoutes(routes, parts)
  addSchemaRoutes(routes, parts)
  addSchemaMigrationRoutes(routes, parts)
  addCardRoutes(routes, parts)
  addCardExportRoutes(routes, parts)
  addFileRoutes(routes, parts)
  addFileUploadRoutes(routes, parts)
  addDownloadRoutes(routes, parts)
  addReleaseRoutes(routes, parts)
  addImageRoutes(routes, parts)
  addScanningRoutes(routes, parts)
  addAccessRequestRoutes(routes, parts)
  addTransferRoutes(routes, parts)
  addWebhookRoutes(routes, parts)
  addReviewRoutes(routes, parts)
  addResponseRoutes(routes, parts)
  addReviewRoleRoutes(routes, parts)
  addRoleRoutes(routes, parts)
  addEntityRoutes(routes, parts)
  addConfigRoutes(routes, parts)
}
