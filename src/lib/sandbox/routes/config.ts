import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'

/** Adds how the instance is set up: its user interface, and the other instances that it knows. */
export function addConfigRoutes(routes: Routes, { delivery }: SandboxParts): void {
  routes.add('get', '/api/v2/config/ui', ({ request: { host } }) => describeUserInterface(host, delivery !== undefined))

  routes.add('get', '/api/v2/system/peers', () => ({ peers: {} }))
}

/**
 * The same settings as the defaults of the server, with texts of our own (from Bailo's source).
 *
 * @param host where the caller reaches the sandbox, and with it the registry
 * @param isDelivering whether exports are brought to another sandbox
 */
function describeUserInterface(host: string, isDelivering: boolean) {
  return {
    banner: { enabled: true, text: 'SANDBOX', colour: 'orange', textColor: 'black' },
    issues: {
      label: 'Nobody: this is a sandbox',
      supportHref: 'mailto:support@example.com',
      contactHref: 'mailto:contact@example.com',
    },
    registry: { host },
    inference: {
      enabled: false,
      connection: { host: 'http://example.com' },
      authorizationTokenName: 'inferencing-token',
      gpus: {},
    },
    modelMirror: {
      import: {
        enabled: false,
        additionalInfoHeading: 'Additional information',
        originalAnswerHeading: 'Original answer',
      },
      export: {
        enabled: false,
        disclaimer: `What is exported from a sandbox goes ${isDelivering ? 'to another sandbox' : 'nowhere'}.`,
      },
    },
    announcement: { enabled: false, text: '', startTimestamp: '' },
    helpPopoverText: { manualEntryAccess: '' },
    modelDetails: { organisations: ['Example Organisation'], states: ['Development', 'Review', 'Production'] },
    roleDisplayNames: { owner: 'Owner', contributor: 'Contributor', consumer: 'Consumer' },
  }
}
