import { onTestFinished } from 'vitest'
import { Credentials } from '../../src/lib/config/credentials.js'
import { RegistryClient } from '../../src/lib/registry/client.js'
import { startRegistry, type TestRegistry } from '../sandbox/registry/harness.js'
import { openConnection } from './client.js'
import { startCuttingProxy, type CuttingProxy } from './cutting-proxy.js'

export interface ProxiedRegistry {
  readonly registry: TestRegistry
  /** Stands between client and registry. */
  readonly proxy: CuttingProxy
  readonly client: RegistryClient
}

/** Starts the sandbox's registry behind a proxy, and a client with the owner's keys. All end with the running test. */
export async function startSandboxRegistry(): Promise<ProxiedRegistry> {
  const registry = await startRegistry()
  onTestFinished(() => registry.close())
  const proxy = await startCuttingProxy(registry.origin)
  const credentials = new Credentials(proxy.origin, 'owner', 'secret-of-owner')
  return { registry, proxy, client: new RegistryClient(openConnection(proxy.origin, { credentials })) }
}
