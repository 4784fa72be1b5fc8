/** A first look at the server: `npm start` with nothing set but a folder, a stop, and a start that goes on from there. */
import t from 'tap';
import { openConversation, replay } from '../support/replay.ts';
import { type RunningServer, startServer, temporaryFolder } from '../support/server.ts';

const env = { DATA_DIR: temporaryFolder(t) };
const first = await startServer(t, { env });
const token = tokenIn(first) ?? '';

t.test('the first start shows a token of the tenant default, and a line to try it', async (t) => {
  t.match(first.output(), first.scimUrl);
  t.match(first.output(), `curl -H "Authorization: Bearer ${token}" "${first.scimUrl}/Users"`);
  const answer = await first.as(token).request('GET', '/scim/v2/Users');
  t.match(answer, { status: 200, body: { totalResults: 0 } });
  t.match(await first.admin('GET', '/tenants/default'), { status: 200, body: { slug: 'default' } });
});

for (const name of ['okta-custom-app', 'entra']) {
  t.test(`the embedded database holds up: ${name}`, async (t) => {
    await replay(t, await first.newTenant(name), openConversation(name));
  });
}

t.test('a restart keeps the data and the token, and shows no token again', async (t) => {
  const made = await first.as(token).request('POST', '/scim/v2/Users', {
    headers: { 'Content-Type': 'application/scim+json' },
    body: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'kept@example.com' },
  });
  t.equal(made.status, 201);
  const { id, meta } = made.body as { id: string; meta: { version: string; created: string } };
  await first.stop();

  const second = await startServer(t, { env });
  const kept = await second.as(token).request('GET', `/scim/v2/Users/${id}`);
  t.match(kept, {
    status: 200,
    body: { id, userName: 'kept@example.com', meta: { version: meta.version, created: meta.created } },
  });
  t.equal(tokenIn(second), undefined);
  t.match(second.output(), second.scimUrl);
  t.notMatch(second.output(), token);
  t.notMatch(second.output(), 'Bearer');
  const { body } = await second.admin('GET', '/tenants');
  t.match(body, { tenants: [{}, {}, {}] });
});

function tokenIn(server: RunningServer): string | undefined {
  return /^ +Token +(\S+)$/m.exec(server.output())?.[1];
}
