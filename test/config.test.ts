import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { type ConfigError, readConfig, VARIABLES } from '../src/config.ts';
import { projectRoot } from './support/project.ts';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
}

t.test('an empty environment gives the defaults of the contract', async (t) => {
  const config = readConfig({});
  t.match(config, {
    port: 8080,
    host: '127.0.0.1',
    dataDir: './data',
    logLevel: 'info',
    databasePrepare: true,
  });
  t.same(
    [config.publicUrl, config.databaseUrl, config.adminToken, config.trustProxy],
    [undefined, undefined, undefined, []],
  );
  t.equal(config.bodyLimitBytes, 10 * 1024 * 1024);
  t.ok(Object.isFrozen(config));
});

t.test('every variable is read', async (t) => {
  const config = readConfig({
    PORT: '9000',
    HOST: '::',
    PUBLIC_URL: 'https://scim.example.com/base/',
    DATABASE_URL: 'postgresql://u:p%40ss@db/rollcall?sslmode=require',
    DATA_DIR: '/var/lib/rollcall',
    ADMIN_TOKEN: '0123456789abcdef',
    LOG_LEVEL: 'silent',
    DATABASE_POOL_SIZE: '5',
    DATABASE_PREPARE: 'off',
    STATEMENT_TIMEOUT_MS: '1000',
    BODY_LIMIT_BYTES: '2048',
    TRUST_PROXY: '10.0.0.0/8, fd00::/8,192.0.2.1',
    SHUTDOWN_GRACE_SECONDS: '5',
    EXCHANGE_RETENTION_DAYS: '7',
    WORKERS: '4',
  });
  t.same(config, {
    port: 9000,
    host: '::',
    publicUrl: 'https://scim.example.com/base',
    databaseUrl: 'postgresql://u:p%40ss@db/rollcall?sslmode=require',
    dataDir: '/var/lib/rollcall',
    adminToken: '0123456789abcdef',
    logLevel: 'silent',
    databasePoolSize: 5,
    databasePrepare: false,
    statementTimeoutMs: 1000,
    bodyLimitBytes: 2048,
    trustProxy: ['10.0.0.0/8', 'fd00::/8', '192.0.2.1'],
    shutdownGraceSeconds: 5,
    exchangeRetentionDays: 7,
    workers: 4,
  });
});

t.test('there is one worker unless more are asked for, or one for each core', async (t) => {
  t.equal(readConfig({}).workers, 1);
  t.equal(readConfig({ WORKERS: 'auto' }).workers, Math.min(availableParallelism(), 128));
  t.same(problemsOf({ WORKERS: 'many' }), [
    'WORKERS must be a whole number from 1 to 128, or auto, not "many"',
  ]);
});

t.test('an empty value is an unset one, and unknown variables are ignored', async (t) => {
  t.equal(readConfig({ PORT: '', HOST: '  ', PORTS: 'x' }).port, 8080);
});

t.test('a value can come from a file, without the line end', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-config-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'secret');
  writeFileSync(file, 'postgres://u:p@db/rollcall\n');
  t.equal(readConfig({ DATABASE_URL_FILE: file }).databaseUrl, 'postgres://u:p@db/rollcall');
  t.same(problemsOf({ DATABASE_URL_FILE: file, DATABASE_URL: 'postgres://x/y' }), [
    'DATABASE_URL and DATABASE_URL_FILE are both set: keep one of them',
  ]);
  writeFileSync(file, '\n');
  t.match(problemsOf({ ADMIN_TOKEN_FILE: file }), [/^ADMIN_TOKEN_FILE names ".*", which is empty$/]);
  t.match(problemsOf({ ADMIN_TOKEN_FILE: join(folder, 'none') }), [/^ADMIN_TOKEN_FILE names .* \(ENOENT\)$/]);
});

t.test('every problem is told at once, one clear line each', async (t) => {
  t.same(
    problemsOf({
      PORT: 'abc',
      HOST: 'a b',
      PUBLIC_URL: 'scim.example.com',
      LOG_LEVEL: 'loud',
      DATABASE_POOL_SIZE: '0',
      DATABASE_PREPARE: 'yes',
      STATEMENT_TIMEOUT_MS: '1.5',
    }),
    [
      'PORT must be a whole number from 1 to 65535, not "abc"',
      'HOST must be an address or host name, not "a b"',
      'PUBLIC_URL must be an absolute http or https URL without user, query or fragment, not "scim.example.com"',
      'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, not "loud"',
      'DATABASE_POOL_SIZE must be a whole number from 1 to 1000, not "0"',
      'DATABASE_PREPARE must be on or off, not "yes"',
      'STATEMENT_TIMEOUT_MS must be a whole number from 100 to 3600000, not "1.5"',
    ],
  );
});

t.test('a number is written in digits and within its range', async (t) => {
  for (const PORT of ['0', '65536', '-1', '1e3', '0x50', '8080 8081', '99999999999999999999']) {
    t.same(problemsOf({ PORT }), [`PORT must be a whole number from 1 to 65535, not "${PORT}"`]);
  }
});

t.test('a secret is not repeated in a message', async (t) => {
  const problems = problemsOf({
    DATABASE_URL: 'mysql://user:hunter2@db',
    ADMIN_TOKEN: 'hunter2',
    PUBLIC_URL: 'https://user:hunter2@example.com',
  });
  t.equal(problems.length, 3);
  t.notMatch(problems.join('\n'), /hunter2/);
});

t.test('TRUST_PROXY takes networks and never a number of hops', async (t) => {
  for (const TRUST_PROXY of [
    '1',
    'true',
    'loopback',
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.0/8/8',
    '10.0.0.1,',
    '::/129',
  ]) {
    t.match(problemsOf({ TRUST_PROXY }), [/^TRUST_PROXY must be a comma-separated list/], TRUST_PROXY);
  }
  t.same(readConfig({ TRUST_PROXY: '127.0.0.1,::1/128' }).trustProxy, ['127.0.0.1', '::1/128']);
});

t.test('docs/configuration.md is what the table of variables says', async (t) => {
  const module = pathToFileURL(join(projectRoot, 'scripts/generate-configuration.js')).href;
  const { configurationPage } = (await import(module)) as {
    configurationPage: (variables: typeof VARIABLES) => string;
  };
  t.equal(readFileSync(join(projectRoot, 'docs/configuration.md'), 'utf8'), configurationPage(VARIABLES));
});
