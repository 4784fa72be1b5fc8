import type { FastifyInstance } from 'fastify';
import { type ExchangesDeps, exchangeRoutes } from './admin/exchanges.ts';
import { type ImportDeps, importRoutes } from './admin/imports.ts';
import { type SchemasDeps, schemaRoutes } from './admin/schemas.ts';
import { type TenantDeps, tenantRoutes } from './admin/tenants.ts';
import { type TokenDeps, tokenRoutes } from './admin/tokens.ts';
import { type UndeclaredDeps, undeclaredRoutes } from './admin/undeclared.ts';

export type AdminDeps = TenantDeps & TokenDeps & ExchangesDeps & SchemasDeps & UndeclaredDeps & ImportDeps;

/** /admin/v1: what the operator of this server does. */
export function adminRoutes(server: FastifyInstance, deps: AdminDeps): void {
  tenantRoutes(server, deps);
  tokenRoutes(server, deps);
  exchangeRoutes(server, deps);
  schemaRoutes(server, deps);
  undeclaredRoutes(server, deps);
  importRoutes(server, deps);
}
