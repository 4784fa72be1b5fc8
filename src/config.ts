/**
 * The environment, read once and checked. This is the only reader of `process.env`, and its table of
 * variables is what docs/configuration.md is generated from.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { Ajv, type AnySchemaObject, type ErrorObject } from 'ajv';

/** What the server is told from outside. Made once, frozen, passed as a value. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly publicUrl: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly adminToken: string | undefined;
  readonly logLevel: string;
  readonly databasePoolSize: number;
  readonly databasePrepare: boolean;
  readonly statementTimeoutMs: number;
  readonly bodyLimitBytes: number;
  readonly trustProxy: readonly string[];
  readonly shutdownGraceSeconds: number;
  readonly exchangeRetentionDays: number;
  /** Processes that answer requests. */
  readonly workers: number;
}

/** One environment variable: how its text becomes a value, what the value must be, what it is for. */
export interface Variable {
  readonly name: string;
  readonly key: keyof Config;
  /** As text, the way it would be set. */
  readonly default?: string;
  readonly meaning: string;
  /** Completes the sentence "NAME must be …". */
  readonly must: string;
  /** A secret is never repeated in a message. */
  readonly secret?: true;
  readonly parse?: (text: string) => unknown;
  readonly schema: AnySchemaObject;
}

/** Every variable that is read. Each may also be given as NAME_FILE, the path of a file that holds it. */
export const VARIABLES: readonly Variable[] = [
  { name: 'PORT', key: 'port', default: '8080', meaning: 'TCP port to listen on', ...whole(1, 65535) },
  {
    name: 'HOST',
    key: 'host',
    default: '127.0.0.1',
    meaning: 'address to listen on; `0.0.0.0` for every IPv4 address, `::` for every address',
    must: 'an address or host name',
    schema: { type: 'string', pattern: '^[A-Za-z0-9.:_-]+$' },
  },
  {
    name: 'PUBLIC_URL',
    key: 'publicUrl',
    meaning:
      'where clients reach this server, e.g. `https://scim.example.com`, without `/scim/v2`; written into every `meta.location`. Without it, the address of each request is used',
    must: 'an absolute http or https URL without user, query or fragment',
    parse: (text) => text.replace(/\/+$/, ''),
    schema: { type: 'string', format: 'public-url' },
  },
  {
    name: 'DATABASE_URL',
    key: 'databaseUrl',
    meaning:
      'PostgreSQL 14 or later, e.g. `postgres://user:password@host:5432/rollcall`. Without it, an embedded database in DATA_DIR is used, which is for trying out',
    must: 'a URL that begins with postgres:// or postgresql://',
    secret: true,
    schema: { type: 'string', format: 'database-url' },
  },
  {
    name: 'DATA_DIR',
    key: 'dataDir',
    default: './data',
    meaning: 'folder of the embedded database and of the admin token that was made at the first start',
    must: 'a path',
    schema: { type: 'string', pattern: '^[^\\0]+$' },
  },
  {
    name: 'ADMIN_TOKEN',
    key: 'adminToken',
    meaning:
      'bearer token of the admin API. Without it, one is made, kept in `DATA_DIR/admin-token` and printed once',
    must: 'at least 16 characters long, without spaces and accents',
    secret: true,
    schema: { type: 'string', minLength: 16, pattern: '^[\\x21-\\x7e]+$' },
  },
  {
    name: 'LOG_LEVEL',
    key: 'logLevel',
    default: 'info',
    meaning: 'least severity that is logged: `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`',
    must: 'one of trace, debug, info, warn, error, fatal, silent',
    schema: { enum: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] },
  },
  {
    name: 'DATABASE_POOL_SIZE',
    key: 'databasePoolSize',
    default: '10',
    meaning:
      'connections to PostgreSQL at most, of each worker; one more each is used to hear what other servers change',
    ...whole(1, 1000),
  },
  {
    name: 'DATABASE_PREPARE',
    key: 'databasePrepare',
    default: 'on',
    meaning: 'prepare frequent statements by name; `off` for a pooler that cannot keep them',
    must: 'on or off',
    parse: (text) => ({ on: true, off: false })[text] ?? text,
    schema: { type: 'boolean' },
  },
  {
    name: 'STATEMENT_TIMEOUT_MS',
    key: 'statementTimeoutMs',
    default: '30000',
    meaning: 'milliseconds after which PostgreSQL gives up a statement',
    ...whole(100, 3_600_000),
  },
  {
    name: 'BODY_LIMIT_BYTES',
    key: 'bodyLimitBytes',
    default: '10485760',
    meaning: 'largest request body in bytes; a group of 10,000 members takes about 1 MB',
    ...whole(1024, 1_073_741_824),
  },
  {
    name: 'TRUST_PROXY',
    key: 'trustProxy',
    default: '',
    meaning:
      'addresses of proxies whose `X-Forwarded-*` headers are believed, as networks: `10.0.0.0/8,fd00::/8`. By default none',
    must: 'a comma-separated list of IP addresses or networks such as 10.0.0.0/8 (a number of hops is not accepted)',
    parse: (text) => (text === '' ? [] : text.split(',').map((part) => part.trim())),
    schema: { type: 'array', items: { type: 'string', format: 'network' } },
  },
  {
    name: 'SHUTDOWN_GRACE_SECONDS',
    key: 'shutdownGraceSeconds',
    default: '10',
    meaning: 'seconds that requests under way are given to finish when the server is told to stop',
    ...whole(1, 600),
  },
  {
    name: 'EXCHANGE_RETENTION_DAYS',
    key: 'exchangeRetentionDays',
    default: '30',
    meaning: 'days that the provisioning log is kept',
    ...whole(1, 3650),
  },
  {
    name: 'WORKERS',
    key: 'workers',
    default: '1',
    meaning:
      'processes that answer requests on the one port, for the cores of this machine; `auto` is one for each core. More than one needs DATABASE_URL',
    must: 'a whole number from 1 to 128, or auto',
    parse: (text) => (text === 'auto' ? Math.min(availableParallelism(), 128) : whole(1, 128).parse(text)),
    schema: whole(1, 128).schema,
  },
];

/** The environment cannot be used. `problems` has one line for each thing that is wrong. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** @throws ConfigError with every problem at once. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const variable of VARIABLES) {
    const text = textOf(variable, environment, problems);
    if (text !== undefined) values[variable.key] = variable.parse === undefined ? text : variable.parse(text);
    else values[variable.key] = undefined;
  }
  if (!validate(values)) {
    const wrong = new Set(
      (validate.errors ?? []).map((error: ErrorObject) => error.instancePath.split('/')[1]),
    );
    for (const variable of VARIABLES) {
      if (!wrong.has(variable.key)) continue;
      const text = textOf(variable, environment, []) ?? '';
      // A URL with an `@` may hold a password.
      const given = variable.secret || text.includes('@') ? '' : `, not ${JSON.stringify(text)}`;
      problems.push(`${variable.name} must be ${variable.must}${given}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(values as unknown as Config);
}

function textOf(
  { name, default: fallback }: Variable,
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): string | undefined {
  const text = environment[name]?.trim() || undefined;
  const file = environment[`${name}_FILE`]?.trim() || undefined;
  if (file === undefined) return text ?? fallback;
  if (text !== undefined) {
    problems.push(`${name} and ${name}_FILE are both set: keep one of them`);
    return fallback;
  }
  try {
    const content = readFileSync(file, 'utf8').trim();
    // A mounted secret that is empty is a mistake; going on with the default would hide it.
    if (content === '') problems.push(`${name}_FILE names ${JSON.stringify(file)}, which is empty`);
    return content || fallback;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    problems.push(`${name}_FILE names ${JSON.stringify(file)}, which cannot be read (${code})`);
    return fallback;
  }
}

function whole(minimum: number, maximum: number) {
  return {
    must: `a whole number from ${minimum} to ${maximum}`,
    parse: (text: string) => (/^[0-9]{1,15}$/.test(text) ? Number(text) : text),
    schema: { type: 'integer', minimum, maximum },
  };
}

const ajv = new Ajv({ allErrors: true });
ajv.addFormat('public-url', (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const web = url?.protocol === 'https:' || url?.protocol === 'http:';
  return web && !/[?#]/.test(text) && url.username === '' && url.password === '';
});
ajv.addFormat('database-url', (text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text));
ajv.addFormat('network', (text) => {
  const [address = '', prefix, ...rest] = text.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  if (prefix === undefined) return bits > 0;
  return rest.length === 0 && /^[0-9]{1,3}$/.test(prefix) && Number(prefix) <= bits;
});
const validate = ajv.compile({
  type: 'object',
  properties: Object.fromEntries(VARIABLES.map(({ key, schema }) => [key, schema])),
});
