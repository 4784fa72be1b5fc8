/** What a change of a tenant's schemas works with. */
import type { Definitions } from '../scim/schema/registry.ts';
import type { TenantDefinitionStore } from '../store/tenantDefinitions.ts';

export interface DeclarationContext {
  /** What every tenant has, and may switch on. */
  readonly shipped: Definitions;
  readonly definitions: TenantDefinitionStore;
  readonly tenantId: string;
  readonly now: Date;
}

/** What a change has led to, and whether it is new. */
export interface Declared<T> {
  readonly declared: T;
  readonly created: boolean;
}
