/** Commands about effects that wait, and about having all of them wait. */
import { adminPath } from './adminPath.ts';
import { LONG_PATIENCE } from './adminClient.ts';
import { CommandError } from './commandError.ts';
import type { Command, Given } from './commands.ts';
import { counted } from './counted.ts';
import { more, PAGE_OPTIONS, pageQuery } from './paging.ts';
import { table } from './table.ts';

interface Hold {
  readonly id: string;
  readonly reason: string;
  readonly openedAt: string;
  readonly expiresAt: string | null;
  readonly onExpiry: string | null;
  readonly outcome: string | null;
  readonly waiting: number;
  readonly rejected: number;
  readonly accounts: number;
}

interface Effect {
  readonly accountId: string;
  readonly userName: string | null;
  readonly organization: string | null;
  readonly effect: string;
  readonly wanted: { readonly role?: string | null; readonly reason?: string | null } | null;
  readonly rejected: boolean;
}

const ACCOUNTS = {
  accounts: {
    type: 'string',
    value: 'id,id',
    help: 'only what waits for these accounts (default: all of it)',
  },
} as const;

export const HOLD_COMMANDS: readonly Command[] = [
  {
    name: 'hold list',
    words: ['tenant'],
    summary: 'list what waits for a decision, and what has waited; the newest first',
    options: PAGE_OPTIONS,
    run: ({ words: [slug], options, admin }) =>
      admin().request('GET', `${adminPath('tenants', slug, 'holds')}${pageQuery(options)}`),
    print: ({ holds, next }: { holds: readonly Hold[]; next?: string }) =>
      [
        table(
          ['ID', 'REASON', 'OPENED', 'EXPIRES', 'STATE', 'WAITING', 'REJECTED'],
          holds.map(({ id, reason, openedAt, expiresAt, outcome, waiting, rejected }) => [
            id,
            reason,
            minute(openedAt),
            minute(expiresAt),
            outcome ?? 'open',
            String(waiting),
            String(rejected),
          ]),
        ),
        ...more(next),
      ].join('\n'),
  },
  {
    name: 'hold show',
    words: ['tenant', 'id'],
    summary: 'show what each effect under a hold would do',
    options: PAGE_OPTIONS,
    run: ({ words: [slug, id], options, admin }) =>
      admin().request('GET', `${adminPath('tenants', slug, 'holds', id)}${pageQuery(options)}`),
    print: ({ effects, next, ...hold }: Hold & { effects: readonly Effect[]; next?: string }) =>
      [
        `${headOf(hold)}\n`,
        table(
          ['ACCOUNT', 'USER NAME', 'ORGANIZATION', 'EFFECT'],
          effects.map((effect) => [
            effect.accountId,
            effect.userName ?? '',
            effect.organization ?? '',
            `${meaningOf(effect)}${effect.rejected ? ' (rejected)' : ''}`,
          ]),
        ),
        ...more(next),
      ].join('\n'),
  },
  {
    name: 'hold approve',
    words: ['tenant', 'id'],
    summary: 'apply what waits under a hold',
    options: ACCOUNTS,
    run: (given) => decide(given, 'approve'),
    print: (hold: Hold & { effects: number }) => `${counted(hold.effects, 'effect')} applied.${restOf(hold)}`,
  },
  {
    name: 'hold reject',
    words: ['tenant', 'id'],
    summary: 'have accounts stay as they are, until the identity provider asks for something else',
    options: ACCOUNTS,
    run: (given) => decide(given, 'reject'),
    print: (hold: Hold & { effects: number }) =>
      `${counted(hold.effects, 'effect')} rejected.${restOf(hold)}`,
  },
  {
    name: 'pause',
    words: ['tenant'],
    summary: 'have every effect of a tenant wait; its directory goes on',
    options: {},
    async run({ words: [slug], admin }) {
      await admin().request('POST', adminPath('tenants', slug, 'pause'));
      return { slug, paused: true };
    },
    print: ({ slug }: { slug: string }) =>
      `Tenant "${slug}" is paused: its directory goes on, and accounts stay as they are until rollcall resume ${slug}.`,
  },
  {
    name: 'resume',
    words: ['tenant'],
    summary: 'apply what a pause has held, and end it',
    options: {},
    async run({ words: [slug], admin }) {
      const path = adminPath('tenants', slug, 'resume');
      return { slug, ...(await admin().request<object>('POST', path, undefined, LONG_PATIENCE)) };
    },
    print: ({ slug, effects }: { slug: string; effects: number }) =>
      `Tenant "${slug}" goes on: ${counted(effects, 'effect')} applied.`,
  },
];

function decide(
  { words: [slug, id], options: { accounts }, admin }: Given,
  verb: 'approve' | 'reject',
): Promise<unknown> {
  const body = typeof accounts === 'string' ? { accounts: idsIn(accounts) } : {};
  return admin().request('POST', adminPath('tenants', slug, 'holds', id, verb), body, LONG_PATIENCE);
}

function idsIn(text: string): string[] {
  const ids = text.split(',').flatMap((id) => id.trim() || []);
  // Meaning nobody must not become meaning everybody.
  if (ids.length === 0) throw new CommandError('Say which accounts are meant: --accounts id,id', 2);
  return ids;
}

function headOf({ id, reason, openedAt, expiresAt, onExpiry, outcome, ...hold }: Hold): string {
  const state = outcome === null ? 'open' : outcome;
  const expiry =
    outcome === null && expiresAt !== null
      ? `; at ${minute(expiresAt)} what waits is ${onExpiry === 'apply' ? 'applied' : 'dropped'}`
      : '';
  return [
    `Hold ${id}, by the ${reason}, since ${minute(openedAt)}: ${state}${expiry}.`,
    `${counted(hold.waiting, 'effect')} on ${counted(hold.accounts, 'account')} waiting, ${counted(hold.rejected)} rejected.`,
  ].join('\n');
}

function restOf({ outcome, waiting }: Hold): string {
  return outcome === null ? ` ${counted(waiting, 'effect')} still waiting.` : ' The hold is closed.';
}

function meaningOf({ effect, wanted }: Effect): string {
  switch (effect) {
    case 'deactivate':
      return `deactivate: ${wanted?.reason}`;
    case 'note':
      return `stay inactive: ${wanted?.reason}`;
    case 'update':
      return 'update attributes';
    case 'add':
      return wanted?.role ? `add as ${wanted.role}` : 'add';
    case 'weaken':
    case 'change':
      return `${effect} to ${wanted?.role ?? 'no role'}`;
    default:
      return effect;
  }
}

const minute = (time: string | null): string => time?.slice(0, 16).replace('T', ' ') ?? '';
