import type { FastifyInstance } from 'fastify';
import { type ExchangesDeps, exchangeRoutes } from './admin/exchanges.ts';
import { type TenantDeps, tenantRoutes } from './admin/tenants.ts';
import { type TokenDeps, tokenRoutes } from './admin/tokens.ts';

export type AdminDeps = TenantDeps & TokenDeps & ExchangesDeps;

/** /admin/v1: what the operator of this server does. */
export function adminRoutes(server: FastifyInstance, deps: AdminDeps): void {
  tenantRoutes(server, deps);
  tokenRoutes(server, deps);
  exchangeRoutes(server, deps);
}
