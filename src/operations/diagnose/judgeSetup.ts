import type { DatabaseFacts } from '../../store/doctor/facts.ts';
import { type Finding, found } from './finding.ts';

/** How a server was started. */
export interface Setup {
  readonly adminToken: string;
  readonly publicUrl: string | undefined;
}

type Facts = Pick<DatabaseFacts, 'embedded' | 'serverAheadMs' | 'unread'>;
type Draft = Omit<Finding, 'check'>;

/** Whether it is set up to be relied on. */
export function judgeSetup({ embedded, serverAheadMs, unread }: Facts, setup: Setup): readonly Finding[] {
  return [
    ...found('database', ofDatabase(embedded), 'The database is a server of its own.'),
    ...found('clock', ofClock(serverAheadMs), 'The clocks of server and database agree.'),
    ...found('admin-token', ofToken(setup.adminToken), 'The admin token is hard to guess.'),
    ...found('public-url', ofUrl(setup.publicUrl), 'PUBLIC_URL is set, and encrypted.'),
    ...unread.map(
      ({ what, why }): Finding => ({
        check: 'unread',
        level: 'note',
        title: `Nothing is known of ${what}: ${why}.`,
        todo: 'grant pg_monitor to <role>;',
      }),
    ),
  ];
}

function ofDatabase(embedded: boolean): readonly Draft[] {
  if (!embedded) return [];
  return [
    {
      level: 'warning',
      title: 'The embedded database is in use.',
      meaning: 'It is for trying out: one process, no backups, slow with many people.',
      todo: 'Set DATABASE_URL to a PostgreSQL 14 or later.',
    },
  ];
}

function ofClock(aheadMs: number): readonly Draft[] {
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  if (seconds <= 2) return [];
  return [
    {
      level: seconds > 60 ? 'problem' : 'warning',
      title: `The server's clock is ${seconds} seconds ${aheadMs > 0 ? 'ahead of' : 'behind'} the database's.`,
      meaning: 'Tokens expire, leavers are purged and times are told by one or the other.',
      todo: 'Have both set their clocks by NTP.',
    },
  ];
}

function ofToken(token: string): readonly Draft[] {
  if (token.length >= 32 && new Set(token).size >= 12) return [];
  return [
    {
      level: 'warning',
      title: 'The admin token is short, or of few letters.',
      meaning: 'Whoever guesses it may read and remove everything.',
      todo: 'Set ADMIN_TOKEN to what `openssl rand -base64 32` prints.',
    },
  ];
}

function ofUrl(publicUrl: string | undefined): readonly Draft[] {
  if (publicUrl === undefined)
    return [
      {
        level: 'note',
        title: 'PUBLIC_URL is not set.',
        meaning: 'Addresses in answers follow the Host of each request, as a proxy in front passes it on.',
        todo: 'Set PUBLIC_URL to the address that identity providers are given, without /scim/v2.',
      },
    ];
  if (publicUrl.startsWith('https:') || /^http:\/\/(?:localhost|127\.|\[::1\])/.test(publicUrl)) return [];
  return [
    {
      level: 'problem',
      title: `PUBLIC_URL is not encrypted: ${publicUrl}`,
      meaning: 'Tokens and personal data can be read on the way, and identity providers refuse it.',
      todo: 'Put TLS in front, and set PUBLIC_URL to the https address.',
    },
  ];
}
