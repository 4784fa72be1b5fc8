/**
 * A query that could reach another tenant's rows. It is a mistake in this program, found before the query
 * is sent; clients see nothing but a 500.
 */
export class TenantGuardError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TenantGuardError';
  }
}
