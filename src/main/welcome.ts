import { relative } from 'node:path';
import { v7 as newId } from 'uuid';
import type { Config } from '../config.ts';
import type { Observer } from '../observe.ts';
import type { Store } from '../store/store.ts';
import type { AdminToken } from './adminToken.ts';
import { banner } from './banner.ts';
import { firstTenant } from './firstTenant.ts';
import { localUrl } from './localUrl.ts';
import { packagePath } from './packagePath.ts';

/**
 * Makes the first tenant, if there is none yet, and shows the banner. Not before the port is ours: a token made for a
 * start that fails would never be shown.
 */
export async function welcome(
  config: Config,
  store: Pick<Store, 'tenants' | 'tokens'>,
  admin: AdminToken,
  observe: Observer,
): Promise<void> {
  const url = localUrl(config.host, config.port);
  observe({ kind: 'listening', address: url });
  const first = await firstTenant(store, newId, () => new Date());
  process.stdout.write(
    banner({
      localUrl: url,
      publicUrl: config.publicUrl,
      dataDir: config.dataDir,
      embedded: config.databaseUrl === undefined,
      command: `node ${relative('', packagePath('scripts/rollcall.js'))}`,
      first,
      adminToken: admin.isNew ? admin : undefined,
    }),
  );
}
