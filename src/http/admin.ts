import type { FastifyInstance } from 'fastify';
import { accountRoutes, type AccountsDeps } from './admin/accounts.ts';
import { changeRoutes, type ChangesDeps } from './admin/changes.ts';
import { type DoctorDeps, doctorRoutes } from './admin/doctor.ts';
import { type ExchangesDeps, exchangeRoutes } from './admin/exchanges.ts';
import { type ProvisioningDeps, provisioningRoutes } from './admin/provisioning.ts';
import { type HoldsDeps, holdRoutes } from './admin/holds.ts';
import { type LinksDeps, linkRoutes } from './admin/links.ts';
import { type OrganizationsDeps, organizationRoutes } from './admin/organizations.ts';
import { type ImportDeps, importRoutes } from './admin/imports.ts';
import { type SchemasDeps, schemaRoutes } from './admin/schemas.ts';
import { type TenantDeps, tenantRoutes } from './admin/tenants.ts';
import { type TokenDeps, tokenRoutes } from './admin/tokens.ts';
import { type UndeclaredDeps, undeclaredRoutes } from './admin/undeclared.ts';

export type AdminDeps = TenantDeps &
  TokenDeps &
  ExchangesDeps &
  SchemasDeps &
  UndeclaredDeps &
  ProvisioningDeps &
  AccountsDeps &
  OrganizationsDeps &
  LinksDeps &
  HoldsDeps &
  ImportDeps &
  ChangesDeps &
  DoctorDeps;

/** /admin/v1: what the operator of this server does. */
export function adminRoutes(server: FastifyInstance, deps: AdminDeps): void {
  tenantRoutes(server, deps);
  tokenRoutes(server, deps);
  exchangeRoutes(server, deps);
  schemaRoutes(server, deps);
  undeclaredRoutes(server, deps);
  provisioningRoutes(server, deps);
  accountRoutes(server, deps);
  organizationRoutes(server, deps);
  linkRoutes(server, deps);
  holdRoutes(server, deps);
  changeRoutes(server, deps);
  importRoutes(server, deps);
  doctorRoutes(server, deps);
}
