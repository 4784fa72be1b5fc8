/**
 * An application that lets people in, or not, by what Rollcall knows of them. README.md says how to try it.
 *
 * It reads the views of the schema `rollcall` and nothing else, as a role that may do no more. How people prove who they
 * are (SAML, OpenID Connect, …) is left out: POST /sign-in stands for the moment at which that is proven.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const { DATABASE_URL, TENANT = 'default', PORT = '3000', POLL_MS = '1000' } = process.env;
const database = new pg.Pool({ connectionString: DATABASE_URL, max: 4 });
database.on('error', (error) => console.error(`An idle connection was lost: ${error.message}`));

/** What was proven by single sign-on is true of one tenant only, so every question names the tenant. */
const tenantId = await tenantCalled(TENANT);

/** By token. They are in memory; the README says what changes when they are in a database. */
const sessions = new Map();

const server = createServer((request, response) => void respond(request, response));

const stopping = new AbortController();
const following = follow();
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop());

async function stop() {
  stopping.abort();
  server.close();
  server.closeAllConnections();
  await following;
  await database.end();
}

async function respond(request, response) {
  const { status, body } = await answer(request).catch((error) => {
    if (error instanceof Refusal) return error;
    console.error(error);
    return new Refusal(500, 'the server failed');
  });
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

async function answer(request) {
  const { pathname } = new URL(request.url, 'http://localhost');
  const members = /^\/organizations\/([0-9a-f-]{36})\/members$/.exec(pathname);
  if (request.method === 'POST' && pathname === '/sign-in') return signIn(await bodyOf(request));
  if (request.method === 'GET' && pathname === '/me') return { status: 200, body: sessionOf(request).person };
  if (request.method === 'GET' && members !== null) return membersOf(sessionOf(request), members[1]);
  throw new Refusal(404, 'there is nothing here');
}

/** May this person come in? */
async function signIn({ email, userName }) {
  const [column, value] = email === undefined ? ['user_name', userName] : ['email', email];
  if (typeof value !== 'string') throw new Refusal(400, 'send {"email": …} or {"userName": …}');
  // Leavers keep their row, and may have had the address of somebody who is here now: the active one counts.
  const { rows } = await database.query(
    `select account_id, application_id, user_name, display_name, active, reason
     from rollcall.accounts
     where tenant_id = $1 and lower(${column}) = lower($2)
     order by active desc
     limit 2`,
    [tenantId, value],
  );
  const [account, other] = rows;
  if (account === undefined) throw new Refusal(403, 'unknown');
  if (!account.active) throw new Refusal(403, account.reason);
  // Addresses need not be unique: nobody is let in as somebody else.
  if (other?.active) throw new Refusal(403, 'ambiguous');

  const session = { accountId: account.account_id, person: undefined };
  const token = randomBytes(24).toString('base64url');
  sessions.set(token, session);
  // Asked once the session is there to be ended: whoever is deactivated from here on is found by the feed, and whoever
  // was before has no membership any more.
  const organizations = await organizationsOf(account.account_id);
  if (organizations.length === 0) {
    sessions.delete(token);
    throw new Refusal(403, 'deactivated just now');
  }
  session.person = {
    id: account.account_id,
    userName: account.user_name,
    displayName: account.display_name,
    organizations,
  };
  return { status: 200, body: { token, ...session.person } };
}

/** Every active account has at least the default organization; an inactive one has none. */
async function organizationsOf(accountId) {
  const { rows } = await database.query(
    `select o.organization_id as id, o.name, o.is_default as "isDefault", m.role
     from rollcall.organization_members m
     join rollcall.organizations o using (tenant_id, organization_id)
     where m.tenant_id = $1 and m.account_id = $2
     order by o.is_default desc, o.name`,
    [tenantId, accountId],
  );
  return rows;
}

/** Who is in this organization? Asked by one of them. */
async function membersOf({ accountId }, organizationId) {
  const asks = await database.query(
    'select from rollcall.organization_members where tenant_id = $1 and organization_id = $2 and account_id = $3',
    [tenantId, organizationId, accountId],
  );
  if (asks.rowCount === 0) throw new Refusal(403, 'you are not a member of this organization');
  const { rows } = await database.query(
    `select a.account_id as id, a.user_name as "userName", a.display_name as "displayName", m.role, m.group_names as "by"
     from rollcall.organization_members m
     join rollcall.accounts a using (tenant_id, account_id)
     where m.tenant_id = $1 and m.organization_id = $2
     order by m.account_id
     limit 1000`,
    [tenantId, organizationId],
  );
  return { status: 200, body: { members: rows } };
}

/** Follows the feed from now on, and ends the sessions of those who may not stay. */
async function follow() {
  let position = await feedEnd();
  while (!stopping.signal.aborted) {
    try {
      const { rows } = await database.query(
        `select position, kind, account_id, account_ids
         from rollcall.changes
         where tenant_id = $1 and position > $2
         order by position
         limit 1000`,
        [tenantId, position],
      );
      for (const change of rows) {
        endSessions(change);
        ({ position } = change);
      }
      if (rows.length === 1000) continue;
    } catch (error) {
      // The position is where it was: nothing is missed.
      console.error(`The feed cannot be read: ${error.message}`);
    }
    await sleep(Number(POLL_MS), undefined, { signal: stopping.signal }).catch(() => undefined);
  }
}

/** There are no sessions yet that a change from before could end. */
async function feedEnd() {
  const { rows } = await database.query(
    'select coalesce(max(position), 0) as position from rollcall.changes where tenant_id = $1',
    [tenantId],
  );
  return rows[0].position;
}

/** A kind that is not known here is passed over: there may be more of them one day. */
function endSessions({ kind, account_id: accountId, account_ids: accountIds }) {
  switch (kind) {
    case 'account.suspended':
    case 'account.excluded':
    case 'account.deprovisioned':
    case 'account.erased':
    case 'account.purged':
      return end(new Set([accountId]));
    // They come back by single sign-on and find what they may do now.
    case 'members.removed':
    case 'members.changed':
      return end(new Set(accountIds));
  }
}

function end(accountIds) {
  for (const [token, { accountId }] of sessions) if (accountIds.has(accountId)) sessions.delete(token);
}

function sessionOf({ headers: { authorization = '' } }) {
  const session = sessions.get(/^Bearer (\S+)$/.exec(authorization)?.[1]);
  if (session?.person === undefined) throw new Refusal(401, 'sign in');
  return session;
}

async function tenantCalled(slug) {
  const { rows } = await database.query(
    'select tenant_id from rollcall.organizations where tenant = $1 and is_default',
    [slug],
  );
  if (rows.length === 0) throw new Error(`Rollcall has no tenant "${slug}".`);
  return rows[0].tenant_id;
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > 10_000) throw new Refusal(413, 'too large');
  }
  try {
    const body = JSON.parse(text);
    if (typeof body === 'object' && body !== null) return body;
  } catch {
    // Said below.
  }
  throw new Refusal(400, 'send a JSON object');
}

class Refusal extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
    this.body = { reason };
  }
}
