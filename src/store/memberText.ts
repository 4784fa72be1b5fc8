/** The members of a large group, as JSON text made by the database, one part after the other. */
import { type RawBuilder, sql } from 'kysely';
import type { ManyMembers, MemberField } from '../scim/resource/manyMembers.ts';
import { FENCE } from './fence.ts';
import type { Scope } from './readResources.ts';
import { shaped, statement } from './statement.ts';
import { run } from './tenantScope.ts';
import { displayOf } from './where/rows.ts';

/** Members of one part: some hundred kilobytes of text. */
const PART = 2_000;
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
  readonly text: string | null;
  readonly last: string | null;
  readonly members: number;
}

const part = shaped(
  (fields: readonly MemberField[]) => fields.join(' '),
  (fields) =>
    statement<Given, Row>(({ db, tenantId, slot }) => {
      const ref = sql<string | null>`(${slot('refs')}::jsonb ->> ${sql.ref('mr.type')})`;
      const display = displayOf('mr');
      const shown = sql`${ref} is not null`;
      // An element of which nothing is left is not shown either (B4.53).
      const whole = fields.every((field) => field === 'display') ? sql`${display} is not null` : sql`true`;
      return db
        .selectFrom(
          db
            .selectFrom('rollcall_data.members as m')
            .where('m.tenant_id', '=', tenantId)
            .where('m.group_id', '=', slot('groupId'))
            .where('m.member_id', '>', slot('after'))
            .select('m.member_id')
            .orderBy('m.member_id')
            .limit(sql.lit(PART))
            .as('m'),
        )
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
          sql<
            string | null
          >`string_agg(${element(fields, ref, display)}, ',' order by ${sql.ref('m.member_id')}) filter (where ${shown} and ${whole})`.as(
            'text',
          ),
          // In this collation the text of ids has their order.
          sql<string | null>`max(${sql.ref('m.member_id')}::text collate "C")`.as('last'),
          sql<number>`count(*)::int`.as('members'),
        ]);
    }),
);

/** One member as JSON text. Only `display` can be missing. */
function element(
  fields: readonly MemberField[],
  ref: RawBuilder<string | null>,
  display: RawBuilder<string | null>,
): RawBuilder<string> {
  const id = sql.ref('m.member_id');
  const pairs: Readonly<Record<MemberField, RawBuilder<string | null>>> = {
    value: sql`'"value":"' || ${id} || '"'`,
    $ref: sql`'"$ref":"' || ${ref} || ${id} || '"'`,
    type: sql`'"type":' || to_json(${sql.ref('mr.type')})::text`,
    display: sql`'"display":' || to_json(${display})::text`,
  };
  const texts = fields.map((field, at) => {
    const leads = at === 0;
    if (field !== 'display') {
      return leads || (at === 1 && fields[0] === 'display') ? pairs[field] : sql`',' || ${pairs[field]}`;
    }
    if (!leads) return sql`coalesce(',' || ${pairs.display}, '')`;
    return fields.length === 1 ? pairs.display : sql`coalesce(${pairs.display} || ',', '')`;
  });
  return sql`'{' || ${sql.join(texts, sql` || `)} || '}'`;
}

/**
 * The elements of `members`, in the order of their ids, as documentText wants them and project would have shown them.
 * Each part is a statement: the scope has to be one snapshot.
 * @param baseUrl of the SCIM endpoints, without a slash at its end
 */
export async function* memberText(
  scope: Scope,
  { groupId, fields }: ManyMembers,
  baseUrl: string,
): AsyncGenerator<string> {
  const refs = JSON.stringify(
    Object.fromEntries(
      [...scope.byName].map(([name, { endpoint }]) => [
        name,
        JSON.stringify(`${baseUrl}${endpoint}/`).slice(1, -1),
      ]),
    ),
  );
  for (let after = NIL; ; ) {
    const [row] = await run(scope, part(fields), { groupId, after, refs });
    if (row?.text) yield row.text;
    if (!row?.last || row.members < PART) return;
    after = row.last;
  }
}
