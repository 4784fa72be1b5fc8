/** What the command line can do. */
import type { Config } from '../config.ts';
import type { AdminClient } from './adminClient.ts';
import { adminPath } from './adminPath.ts';
import { APPLICATION_ROLE } from './applicationRole.ts';
import { CommandError } from './commandError.ts';
import { DOCTOR } from './doctor.ts';
import { HOLD_COMMANDS } from './hold.ts';
import { IMPORT } from './import.ts';
import { LINK_COMMANDS } from './link.ts';
import { MIGRATE } from './migrate.ts';
import { PREFLIGHT } from './preflight.ts';
import { PROVISIONING_COMMANDS } from './provisioning.ts';
import { table } from './table.ts';

export interface Command {
  /** As typed, e.g. `token create`. */
  readonly name: string;
  /** The words after it, each named as in the help. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly options: Readonly<Record<string, Option>>;
  run(given: Given): Promise<unknown>;
  /** What a person reads instead of the JSON. */
  print(result: never): string;
  /** Whether the result is one that a script should stop at; it is printed all the same. */
  failed?(result: never): boolean;
}

export interface Option {
  readonly type: 'string' | 'boolean';
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}

/** What a command is run with. */
export interface Given {
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly config: Config;
  /** Made when asked for, since not every command needs a server. */
  readonly admin: () => AdminClient;
}

interface Tenant {
  slug: string;
  name: string;
  mode: string;
  active: boolean;
  allowDuplicateGroupNames: boolean;
  discoveryView: string;
  storePasswords: boolean;
  scimBaseUrl: string;
}
interface Token {
  id: string;
  name: string;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
}

const SETTINGS = {
  name: { type: 'string', value: 'text', help: 'what people call the tenant' },
  mode: {
    type: 'string',
    value: 'tolerant|strict|interop',
    help: "whether clients' known deviations are accepted",
  },
  'duplicate-group-names': { type: 'string', value: 'yes|no', help: 'whether two groups may have one name' },
  'discovery-view': { type: 'string', value: 'full|entra', help: 'for whom /Schemas is written' },
  'store-passwords': { type: 'string', value: 'yes|no', help: 'whether hashes of passwords are kept' },
} as const;

export const COMMANDS: readonly Command[] = [
  {
    name: 'serve',
    words: [],
    summary: 'start the server',
    options: {},
    async run() {
      await import('../main.ts');
    },
    print: () => '',
  },
  MIGRATE,
  DOCTOR,
  APPLICATION_ROLE,
  {
    name: 'tenant create',
    words: ['slug'],
    summary: 'make a tenant: one customer and its directory',
    options: SETTINGS,
    run: ({ words: [slug], options, admin }) =>
      admin().request<Tenant>('POST', '/tenants', { name: slug, ...settingsOf(options), slug }),
    print: ({ slug, scimBaseUrl }: Tenant) =>
      `Tenant "${slug}" is made.\nSCIM base URL  ${scimBaseUrl}\nNext: rollcall token create ${slug} --name okta`,
  },
  {
    name: 'tenant list',
    words: [],
    summary: 'list the tenants',
    options: {},
    run: ({ admin }) => admin().request<{ tenants: Tenant[] }>('GET', '/tenants'),
    print: ({ tenants }: { tenants: Tenant[] }) =>
      table(
        ['SLUG', 'NAME', 'MODE', 'ACTIVE'],
        tenants.map(({ slug, name, mode, active }) => [slug, name, mode, active ? 'yes' : 'no']),
      ),
  },
  {
    name: 'tenant update',
    words: ['slug'],
    summary: 'change a tenant',
    options: {
      ...SETTINGS,
      active: { type: 'string', value: 'yes|no', help: "whether the tenant's tokens are accepted" },
    },
    run({ words: [slug], options, admin }) {
      const settings = settingsOf(options);
      if (Object.keys(settings).length === 0)
        throw new CommandError('Say what to change: see rollcall tenant update --help.', 2);
      return admin().request<Tenant>('PATCH', adminPath('tenants', slug), settings);
    },
    print: ({ slug, name, mode, active, allowDuplicateGroupNames, discoveryView, storePasswords }: Tenant) =>
      `Tenant "${slug}": name "${name}", mode ${mode}, ${active ? 'active' : 'not active'}, ` +
      `duplicate group names ${allowDuplicateGroupNames ? 'allowed' : 'refused'}, ` +
      `discovery view ${discoveryView}, passwords ${storePasswords ? 'stored' : 'dropped'}.`,
  },
  {
    name: 'token create',
    words: ['tenant'],
    summary: 'make a token for an identity provider; it is shown once',
    options: {
      name: { type: 'string', value: 'text', help: 'what the token is for, e.g. okta' },
      expires: {
        type: 'string',
        value: '365d',
        help: 'lifetime: 30m, 12h, 365d, up to 1095d (default 365d)',
      },
    },
    async run({ words: [tenant], options: { name, expires }, admin }) {
      if (name === undefined) throw new CommandError('Say what the token is for: --name okta', 2);
      const { scimBaseUrl } = await admin().request<Tenant>('GET', adminPath('tenants', tenant));
      const body = { name, ...(expires === undefined ? {} : { expiresIn: expires }) };
      return {
        ...(await admin().request<Token>('POST', adminPath('tenants', tenant, 'tokens'), body)),
        scimBaseUrl,
      };
    },
    print: ({ token, expiresAt, scimBaseUrl }: Token & { token: string; scimBaseUrl: string }) =>
      `SCIM base URL  ${scimBaseUrl}\nToken          ${token}\nIt is not shown again, and expires on ${day(expiresAt)}.`,
  },
  {
    name: 'token list',
    words: ['tenant'],
    summary: 'list the tokens of a tenant',
    options: {},
    run: ({ words: [tenant], admin }) =>
      admin().request<{ tokens: Token[] }>('GET', adminPath('tenants', tenant, 'tokens')),
    print: ({ tokens }: { tokens: Token[] }) =>
      table(
        ['ID', 'NAME', 'CREATED', 'EXPIRES', 'REVOKED'],
        tokens.map(({ id, name, ...token }) => [
          id,
          name,
          day(token.createdAt),
          day(token.expiresAt),
          day(token.revokedAt),
        ]),
      ),
  },
  {
    name: 'token revoke',
    words: ['tenant', 'id'],
    summary: 'end a token at once',
    options: {},
    async run({ words: [tenant, id], admin }) {
      await admin().request('DELETE', adminPath('tenants', tenant, 'tokens', id));
      return { id, revoked: true };
    },
    print: ({ id }: { id: string }) => `Token ${id} is revoked.`,
  },
  ...PROVISIONING_COMMANDS,
  ...LINK_COMMANDS,
  ...HOLD_COMMANDS,
  IMPORT,
  PREFLIGHT,
];

function settingsOf(options: Given['options']): Record<string, unknown> {
  const yes = (name: string) => {
    const value = options[name];
    if (value !== 'yes' && value !== 'no') throw new CommandError(`--${name} must be yes or no.`, 2);
    return value === 'yes';
  };
  return {
    ...(options['name'] === undefined ? {} : { name: options['name'] }),
    ...(options['mode'] === undefined ? {} : { mode: options['mode'] }),
    ...(options['duplicate-group-names'] === undefined
      ? {}
      : { allowDuplicateGroupNames: yes('duplicate-group-names') }),
    ...(options['discovery-view'] === undefined ? {} : { discoveryView: options['discovery-view'] }),
    ...(options['store-passwords'] === undefined ? {} : { storePasswords: yes('store-passwords') }),
    ...(options['active'] === undefined ? {} : { active: yes('active') }),
  };
}

const day = (time: string | null): string => time?.slice(0, 10) ?? '';
