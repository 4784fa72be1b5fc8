import type { DatabaseFacts } from '../../store/doctor/facts.ts';
import { type Finding, found } from './finding.ts';
import { inBytes } from './inWords.ts';

type Facts = Pick<
  DatabaseFacts,
  'pool' | 'connections' | 'statements' | 'settings' | 'tables' | 'indexes' | 'embedded'
>;
type Draft = Omit<Finding, 'check'>;

/** PostgreSQL keeps some connections for its owner, and others want one now and then. */
const RESERVED = 10;
const SMALL_DATABASE = 1_000_000_000;
const SMALL_BUFFERS = 134_217_728;
const RELOAD = 'select pg_reload_conf();';

/** Whether there is room for what is asked, and how long it takes. */
export function judgeLoad(facts: Facts): readonly Finding[] {
  // The embedded database has one connection and none of the settings.
  if (facts.embedded) return [];
  return [
    ...found(
      'pool',
      ofPool(facts),
      `${facts.pool.open - facts.pool.idle} of ${facts.pool.most} connections are busy.`,
    ),
    ...found('statements', ofStatements(facts.statements), 'No statement is slow.'),
    ...found('settings', ofSettings(facts), 'The settings suit the database.'),
  ];
}

function ofPool({ pool, connections: { most, used, ours } }: Facts): readonly Draft[] {
  const drafts: Draft[] = [];
  if (pool.waiting > 0)
    drafts.push({
      level: 'warning',
      title: `${pool.waiting} requests wait for a connection to the database, now.`,
      meaning: 'They are answered with 503 after five seconds.',
      todo: 'See which statements are slow; if none is, raise DATABASE_POOL_SIZE.',
    });
  if (most > 0 && used > most * 0.8)
    drafts.push({
      level: used > most * 0.95 ? 'problem' : 'warning',
      title: `${used} of ${most} connections of PostgreSQL are taken, ${ours} of them by Rollcall.`,
      meaning: 'When none is left, servers cannot start and requests fail.',
      todo: 'Lower DATABASE_POOL_SIZE, put PgBouncer between, or raise max_connections.',
    });
  if (most > 0 && pool.most > most - RESERVED)
    drafts.push({
      level: 'problem',
      title: `This process alone may open ${pool.most} connections, and PostgreSQL allows ${most}.`,
      meaning: 'Under load, connections are refused.',
      todo: `DATABASE_POOL_SIZE × processes is to stay below ${most - RESERVED}.`,
    });
  return drafts;
}

function ofStatements(statements: Facts['statements']): readonly Draft[] {
  if (statements === undefined)
    return [
      {
        level: 'note',
        title: 'Nobody counts how long statements take.',
        meaning: 'What is slow cannot be told.',
        todo: 'Put pg_stat_statements into shared_preload_libraries, restart PostgreSQL, then: create extension pg_stat_statements;',
      },
    ];
  return statements
    .filter(({ calls, meanMs }) => (meanMs >= 1_000 && calls >= 10) || (meanMs >= 100 && calls >= 1_000))
    .map(({ text, calls, meanMs, share }) => ({
      level: 'warning',
      title: `A statement takes ${Math.round(meanMs)} ms, ${Math.round(calls)} times so far (${Math.round(share * 100)} % of all time): ${text}`,
      meaning: 'Others wait for it, or for the processor that it takes.',
      todo: 'See its plan with explain (analyze, buffers); a filter that no index answers is in docs/filters.md.',
    }));
}

function ofSettings({ settings, tables, indexes }: Facts): readonly Draft[] {
  const size = tables.reduce((sum, table) => sum + table.size, 0);
  const is = (name: string, value: string): boolean => settings[name] === value;
  const drafts: Draft[] = [];
  const say = (level: Draft['level'], title: string, meaning: string, todo: string): void =>
    void drafts.push({ level, title, meaning, todo });
  if (is('fsync', 'off'))
    say(
      'problem',
      'fsync is off.',
      'A crash of the machine can leave the database beyond repair.',
      `alter system set fsync = on; ${RELOAD}`,
    );
  if (is('autovacuum', 'off') || is('track_counts', 'off'))
    say(
      'problem',
      'Autovacuum is off.',
      'Dead rows stay for ever, and plans get worse.',
      `alter system set autovacuum = on; alter system set track_counts = on; ${RELOAD}`,
    );
  if (is('synchronous_commit', 'off'))
    say(
      'warning',
      'synchronous_commit is off.',
      'What an identity provider was told is written may be lost in a crash; it would not be sent again.',
      `alter system set synchronous_commit = on; ${RELOAD}`,
    );
  if (Number(settings['shared_buffers'] ?? Infinity) <= SMALL_BUFFERS && size >= SMALL_DATABASE)
    say(
      'warning',
      `shared_buffers is ${inBytes(SMALL_BUFFERS)}, as it comes, for ${inBytes(size)}.`,
      'Rows and indexes are fetched again and again.',
      "alter system set shared_buffers = '<a quarter of the memory>';  -- then restart",
    );
  if (Number(settings['random_page_cost'] ?? 0) >= 4 && indexes.found.length > 0)
    say(
      'note',
      'random_page_cost is 4, which is for disks that turn.',
      'PostgreSQL reads tables where an index would do.',
      `alter system set random_page_cost = 1.1; ${RELOAD}`,
    );
  if (is('jit', 'on'))
    say(
      'warning',
      'jit is on, although this server switches it off on its connections; a pooler is in between.',
      'Compiling a statement takes longer than carrying it out: seconds, where groups are nested.',
      'alter role <role> set jit = off;',
    );
  if (is('idle_in_transaction_session_timeout', '0'))
    say(
      'warning',
      'A limit that this server sets on its connections is not there; a pooler in transaction mode is in between.',
      'Statements and transactions may take for ever.',
      "alter role <role> set statement_timeout = '30s'; alter role <role> set idle_in_transaction_session_timeout = '30s';",
    );
  return drafts;
}
