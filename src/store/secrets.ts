/** Keys that all servers over one database share. */
import type { Connection } from './connection.ts';

/** @throws Error when the migrations have not made it */
export async function readSecret({ db }: Connection, name: 'cursor'): Promise<Buffer> {
  const { value } = await db
    .selectFrom('rollcall_data.secrets')
    .where('name', '=', name)
    .select('value')
    .executeTakeFirstOrThrow();
  return value;
}
