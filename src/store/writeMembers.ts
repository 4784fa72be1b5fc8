/** The members of a large group, as JSON text made by the database, one part after the other. */
import { type RawBuilder, sql } from 'kysely';
import type { ManyMembers, MemberField } from '../scim/resource/manyMembers.ts';
import type { Write } from '../scim/resource/writeDocument.ts';
import { FENCE } from './fence.ts';
import type { Scope } from './readResources.ts';
import { shaped, statement } from './statement.ts';
import { run } from './tenantScope.ts';
import { displayOf } from './where/rows.ts';

/** Members that are read by one statement. */
const READ = 2_000;
/** Members of one part, some ten kilobytes of text: larger texts are not collected as soon. */
const PART = 250;
/** Before the first of all ids. */
const NIL = '00000000-0000-0000-0000-000000000000';

interface Given {
  readonly groupId: string;
  /** Members beyond it follow. */
  readonly after: string;
  /** JSON: of each resource type by its name, what stands before the id in `$ref`. Others are not shown. */
  readonly refs: string;
}

interface Row {
  text: string | null;
  /** The last member of the part, and how many it has, be they shown or not. */
  readonly last: string;
  readonly members: number;
}

const reading = shaped(
  (fields: readonly MemberField[]) => fields.join(' '),
  (fields) =>
    statement<Given, Row>(({ db, tenantId, slot }) => {
      const members = db
        .selectFrom('rollcall_data.members as m')
        .where('m.tenant_id', '=', tenantId)
        .where('m.group_id', '=', slot('groupId'))
        .where('m.member_id', '>', slot('after'))
        .select('m.member_id')
        .orderBy('m.member_id')
        .limit(sql.lit(READ));
      // What is used more than once of a member is made once: behind a fence.
      const shown = db
        .selectFrom(members.as('m'))
        .leftJoinLateral(
          (eb) =>
            eb
              .selectFrom('rollcall_data.resources as r')
              .where('r.tenant_id', '=', tenantId)
              .whereRef('r.id', '=', 'm.member_id')
              .select(['r.type', 'r.attributes'])
              .offset(FENCE)
              .as('mr'),
          (on) => on.onTrue(),
        )
        .select([
          'm.member_id',
          sql<string>`${sql.ref('m.member_id')}::text`.as('id'),
          sql<number>`(row_number() over (order by ${sql.ref('m.member_id')}) - 1) / ${sql.lit(PART)}`.as(
            'part',
          ),
          sql<string | null>`(${slot('refs')}::jsonb ->> ${sql.ref('mr.type')})`.as('ref'),
          sql<string | null>`to_json(${sql.ref('mr.type')})::text`.as('type'),
          sql<string | null>`to_json(${displayOf('mr')})::text`.as('display'),
        ])
        .offset(FENCE);
      return db
        .selectFrom(shown.as('s'))
        .groupBy('s.part')
        .orderBy('s.part')
        .select([
          sql<
            string | null
          >`string_agg(${element(fields)}, ',' order by ${sql.ref('s.member_id')}) filter (where ${sql.ref('s.ref')} is not null)`.as(
            'text',
          ),
          // In this collation the text of ids has their order.
          sql<string>`max(${sql.ref('s.id')} collate "C")`.as('last'),
          sql<number>`count(*)::int`.as('members'),
        ]);
    }),
);

/** One member as JSON text; null where nothing is left of it, which is not shown either (B4.53). */
function element(fields: readonly MemberField[]): RawBuilder<string | null> {
  const id = sql.ref('s.id');
  const pairs: Readonly<Record<MemberField, RawBuilder<string | null>>> = {
    value: sql`'"value":"' || ${id} || '"'`,
    $ref: sql`'"$ref":"' || ${sql.ref('s.ref')} || ${id} || '"'`,
    type: sql`'"type":' || ${sql.ref('s.type')}`,
    display: sql`'"display":' || ${sql.ref('s.display')}`,
  };
  // Only a display can be missing.
  const texts = fields.map((field, at) => {
    const text = pairs[field];
    if (fields.length === 1) return text;
    if (field === 'display')
      return at === 0 ? sql`coalesce(${text} || ',', '')` : sql`coalesce(',' || ${text}, '')`;
    return at === 0 || (at === 1 && fields[0] === 'display') ? text : sql`',' || ${text}`;
  });
  return sql`'{' || ${sql.join(texts, sql` || `)} || '}'`;
}

/**
 * The elements of `members`, in the order of their ids, as writeDocument wants them and project would have shown them.
 * Each part is a statement: the scope has to be one snapshot.
 * @param baseUrl of the SCIM endpoints, without a slash at its end
 */
export async function writeMembers(
  scope: Scope,
  { groupId, fields }: ManyMembers,
  baseUrl: string,
  write: Write,
): Promise<void> {
  const refs = JSON.stringify(
    Object.fromEntries(
      [...scope.byName].map(([name, { endpoint }]) => [
        name,
        JSON.stringify(`${baseUrl}${endpoint}/`).slice(1, -1),
      ]),
    ),
  );
  for (let after = NIL; ; ) {
    const rows = await run(scope, reading(fields), { groupId, after, refs });
    for (const row of rows) {
      const { text } = row;
      // The promise that gave the rows keeps them until the next full garbage collection.
      row.text = null;
      if (text !== null) await write(text);
    }
    const last = rows.at(-1);
    if (!last || rows.length < READ / PART || last.members < PART) return;
    after = last.last;
  }
}
