import type { KyselyPlugin } from 'kysely';
import { checkStatement } from './guard/checkStatement.ts';
import { Slot } from './guard/slot.ts';
import { markChecked } from './guard/checked.ts';
import { TenantGuardError } from './guard/tenantGuardError.ts';
import { uuidOf } from './where/uuid.ts';

/**
 * The tenant guard: a Kysely plugin through which every query passes before it is compiled. It refuses one
 * on a tenant table whose query block does not say `alias.tenant_id = <this tenant>`, one that inserts for
 * another tenant, and whatever it cannot read. docs/decisions/0002-tenant-guard.md says why it is here.
 *
 * @param tenantId the tenant whose rows may be reached; null for a handle that reaches no tenant's; a slot for a statement
 *   whose tenant is put in later
 * @throws TenantGuardError when the id is no UUID in lower case; later, when a query is compiled or executed
 */
export function tenantGuard(tenantId: string | Slot | null): KyselyPlugin {
  if (tenantId !== null && !(tenantId instanceof Slot) && uuidOf(tenantId) === undefined)
    throw new TenantGuardError(`${tenantId} is no tenant's id.`);
  return Object.freeze<KyselyPlugin>({
    transformQuery({ node }) {
      checkStatement(node, tenantId);
      markChecked(node);
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  });
}
