/** Resources written as they are given, with their ids, times and versions: for tests that need to know all of them. */
import type { Resource } from '../../src/scim/resource/resource.ts';
import type { ResourceType } from '../../src/scim/schema/resourceType.ts';
import type { Connection } from '../../src/store/connection.ts';
import { documentColumns } from '../../src/store/row.ts';

/** Writes resources of a type, and the member rows of those that have members, in two statements. */
export async function insertResources(
  { pool }: Connection,
  tenantId: string,
  type: ResourceType,
  resources: readonly Resource[],
): Promise<void> {
  const rows = resources.map(({ id, document, version, created, lastModified }) => {
    const { attributes, folded, ...columns } = documentColumns(type, document);
    return {
      ...columns,
      attributes: JSON.parse(attributes) as unknown,
      folded: JSON.parse(folded) as unknown,
      id,
      version,
      created_at: created,
      modified_at: lastModified,
    };
  });
  await pool.query(
    `insert into rollcall_data.resources
       (tenant_id, id, twin, type, key, external_id, active, attributes, folded, version, created_at, modified_at)
     select $1, id, id, $2, key, external_id, active, attributes, folded, version, created_at, modified_at
     from jsonb_to_recordset($3) as row(id uuid, key text, external_id text, active boolean, attributes jsonb,
       folded jsonb, version int, created_at timestamptz, modified_at timestamptz)`,
    [tenantId, type.name, JSON.stringify(rows)],
  );
  const pairs = resources.flatMap(({ id, members }) =>
    (members === 'many' ? [] : (members ?? [])).map((member) => [id, member.id]),
  );
  await pool.query(
    `insert into rollcall_data.members (tenant_id, group_id, member_id, created_at)
     select $1, (pair ->> 0)::uuid, (pair ->> 1)::uuid, now() from jsonb_array_elements($2) as pair`,
    [tenantId, JSON.stringify(pairs)],
  );
}
