import type pg from 'pg';
import { scramVerifier } from './scramVerifier.ts';

export interface ApplicationRole {
  readonly name: string;
  /** With it the role can log in by itself; without, it is granted to the role that the application has. */
  readonly password: string | undefined;
  /** Whether it may read the hashes of passwords. */
  readonly passwords: boolean;
}

const VIEWS = ['accounts', 'organizations', 'organization_members', 'changes'].map(
  (view) => `rollcall.${view}`,
);

/** The SQL that makes a role which may read the views and nothing else; the same again changes nothing. */
export function applicationRole({ name, password, passwords }: ApplicationRole): readonly string[] {
  const role = `"${name.replaceAll('"', '""')}"`;
  const literal = `'${name.replaceAll("'", "''")}'`;
  return [
    `do $$ begin if not exists (select from pg_roles where rolname = ${literal}) then create role ${role}; end if; end $$`,
    password === undefined
      ? `alter role ${role} nologin`
      : `alter role ${role} login password '${scramVerifier(password)}'`,
    `grant usage on schema rollcall to ${role}`,
    `grant select on ${VIEWS.join(', ')} to ${role}`,
    passwords
      ? `grant select on rollcall.passwords to ${role}`
      : `revoke all on rollcall.passwords from ${role}`,
  ];
}

/** Makes the role, wholly or not at all. */
export async function makeApplicationRole(pool: pg.Pool, role: ApplicationRole): Promise<void> {
  await pool.query(['begin', ...applicationRole(role), 'commit'].join(';\n'));
}
