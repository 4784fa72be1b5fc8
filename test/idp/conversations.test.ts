/** The conversations of identity providers, held with the server as `npm start` starts it. */
import pg from 'pg';
import t from 'tap';
import { problemsOf, readConversation, type Step } from '../support/conversation.ts';
import { cloneDatabase } from '../support/database.ts';
import { accountLines, membershipLines, readViews } from '../support/provisioningViews.ts';
import { conversationNames, declared, openConversation, replay } from '../support/replay.ts';
import { startServer } from '../support/server.ts';

const conversations = conversationNames.map((name) => ({ name, conversation: openConversation(name) }));
const databaseUrl = await cloneDatabase(t);
const server = await startServer(t, { databaseUrl });
const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
t.teardown(() => pool.end());

for (const { name, conversation } of conversations) {
  t.test(`${name}: ${conversation.client}`, async (t) => {
    const tenant = await server.newTenant(name);
    if (conversation.provisioning) {
      const set = await server.admin('PATCH', `/tenants/${name}/provisioning`, conversation.provisioning);
      t.equal(set.status, 200, set.text);
    }
    const { id } = (await server.admin('GET', `/tenants/${name}`)).body as { id: string };
    await replay(t, tenant, conversation, async () => {
      const views = await readViews(pool, id);
      return { accounts: accountLines(views), memberships: membershipLines(views) };
    });
  });
}

t.test('what was said does not reach the log, and nothing failed inside', (t) => {
  const log = server.output();
  const lines = log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { level: unknown });
  t.ok(lines.length > 100, 'there is a log');
  t.same(
    lines.filter(({ level }) => ['error', 'fatal'].includes(String(level)) || Number(level) >= 50),
    [],
  );
  const bodies = conversations.flatMap(({ conversation }) =>
    conversation.steps.map(({ request }) => JSON.stringify(request.body) ?? ''),
  );
  const passwords = bodies.flatMap((body) =>
    [...body.matchAll(/"password":"([^"]+)"/g)].map((match) => match[1] as string),
  );
  t.ok(passwords.length > 0, 'passwords were sent');
  t.same(
    passwords.filter((password) => log.includes(password)),
    [],
  );
  t.end();
});

t.test('an expectation that is not met is told', (t) => {
  const person = {
    userName: 'jo@example.com',
    active: true,
    emails: [{ type: 'work', value: 'jo@example.com' }],
  };
  const answer = {
    status: 200,
    text: JSON.stringify(person),
    body: person,
    headers: { 'content-type': 'application/scim+json', etag: 'W/"1"' },
  };
  const met: Partial<Step> = {
    status: [200, 204],
    headers: { ETag: '${version}' },
    response: { active: true, emails: [{ type: 'work' }], userName: { '~matches': '^jo@' } },
    absent: ['title', 'emails.0.display'],
    differs: { userName: 'joe@example.com' },
  };
  const step = { name: 'read', request: { method: 'GET', path: '/Users/1' }, status: 200 };
  const memory = { version: 'W/"1"' };
  t.same(problemsOf({ ...step, ...met }, answer, memory), [], 'all that is met');
  const unmet: readonly Partial<Step>[] = [
    { status: 201 },
    { status: [201, 204] },
    { headers: { ETag: 'W/"2"' } },
    { headers: { Location: { '~matches': '.' } } },
    { response: null },
    { response: { active: 'true' } },
    { response: { active: null } },
    { response: { title: {} } },
    { response: { emails: [] } },
    { response: { emails: [{ type: 'home' }] } },
    { response: { emails: [{}, {}] } },
    { response: { emails: { '~contains': [{ type: 'home' }] } } },
    { response: { emails: { '~unordered': [] } } },
    { response: { emails: { '~unordered': [{ type: 'work' }, { type: 'work' }] } } },
    { response: { userName: { '~matches': '^JO@' } } },
    { response: { userName: { '~type': 'number' } } },
    { absent: ['emails'] },
    { absent: ['emails.0.value'] },
    { absent: ['emails.1.value'] },
    { absent: ['name.givenName'] },
    { differs: { active: true } },
    { differs: { title: 'Boss' } },
  ];
  for (const one of unmet)
    t.equal(problemsOf({ ...step, ...one }, answer, memory).length, 1, JSON.stringify(one));
  t.equal(
    problemsOf(step, { ...answer, headers: { 'content-type': 'text/html' } }, memory).length,
    1,
    'no SCIM',
  );
  t.equal(
    problemsOf({ ...step, status: 404 }, { ...answer, status: 404 }, memory).length,
    3,
    'a refusal without a reason',
  );
  t.throws(() => problemsOf({ ...step, response: { userName: '${nobody}' } }, answer, memory), /nobody/);
  t.throws(() => problemsOf({ ...step, response: { userName: { '~like': 'jo' } } }, answer, memory), /rule/);
  t.end();
});

t.test('a misspelt check is not passed over', (t) => {
  const step = { name: 'read', request: { method: 'GET', path: '/Users' }, status: 200 };
  const read = (one: object) =>
    readConversation(JSON.stringify({ client: 'A', why: 'B', steps: [{ ...step, ...one }] }), declared);
  t.doesNotThrow(() => read({}));
  for (const one of [
    { responce: {} },
    { response: {} },
    { absent: ['Resources.0.membres'] },
    { request: { method: 'GET' } },
  ]) {
    t.throws(() => read(one), JSON.stringify(one));
  }
  t.end();
});
