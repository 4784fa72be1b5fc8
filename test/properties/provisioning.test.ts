/**
 * Whatever is done to a tenant: the views are what a model says that was written without the server, and who keeps
 * accounts, organizations and memberships by the feed alone has the same. PROPERTY_RUNS says how many sequences, and
 * PROPERTY_OPERATIONS how long each is.
 */
import fc from 'fast-check';
import t from 'tap';
import { openApp, type TestApp } from '../support/app.ts';
import { Comparison, unlike } from '../support/compareViews.ts';
import { ProvisioningModel, type Verdict } from '../support/provisioningModel.ts';
import { readFeed, readViews } from '../support/provisioningViews.ts';
import { FeedReader } from '../support/replayFeed.ts';
import { clientOf } from '../rfc/client.ts';
import { type Operation, operation, type World, WORLDS } from './provisioningOperations.ts';
import { type Request, requestOf } from './provisioningRequests.ts';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 12);
const LENGTH = Number(process.env['PROPERTY_OPERATIONS'] ?? 30);
if (process.env['PROPERTY_RUNS'] !== undefined) t.setTimeout(0);

const sequences = fc.record({
  world: fc.constantFrom(...WORLDS),
  // As long as that each time; a counterexample has null for what it does not need.
  operations: fc.array(fc.option(operation, { freq: 100 }), { minLength: LENGTH, maxLength: LENGTH }),
});

/** A tenant of the server, and the same in the model. */
class Pair {
  readonly #app: TestApp;
  readonly #world: World;
  readonly #tenant: Awaited<ReturnType<TestApp['addTenant']>>;
  readonly #model: ProvisioningModel;
  readonly #comparison = new Comparison();
  readonly #reader: FeedReader;

  constructor(app: TestApp, world: World, tenant: Awaited<ReturnType<TestApp['addTenant']>>) {
    this.#app = app;
    this.#reader = new FeedReader();
    this.#world = world;
    this.#tenant = tenant;
    this.#model = new ProvisioningModel(world, tenant.tenant.name);
  }

  async run(operations: readonly (Operation | null)[]): Promise<void> {
    for (const one of operations) {
      if (!one) continue;
      // An admin's request names an organization by the id that the views show.
      if (one.kind === 'check' || one.kind === 'link' || one.kind === 'unlink') await this.check();
      if (one.kind === 'check') continue;
      const request = requestOf(one, this.#model, this.#world, (organization) =>
        this.#comparison.organizationId(organization),
      );
      if (request) await this.#send(request);
    }
    await this.check();
    const whole = new FeedReader();
    whole.read(await readFeed(this.#app.connection.pool, this.#tenant.tenant.id));
    await this.#compareReplay(whole);
  }

  async #send(request: Request): Promise<void> {
    const { method, url, body, admin, parts, apply } = request;
    const { slug } = this.#tenant.tenant;
    if (admin) {
      const answer = await this.#app.admin(method, url.replace('{slug}', slug), body);
      agree(apply(this.#model, ''), answer.statusCode, request, answer.body);
      return;
    }
    const answer = await clientOf(this.#app, this.#tenant.token).send(method, url, body);
    if (!parts) {
      agree(apply(this.#model, String(answer.body['id'])), answer.status, request, answer.text);
      return;
    }
    if (answer.status !== 200) throw new Error(answer.text);
    const outcomes = answer.body['Operations'] as { status: string; location?: string }[];
    parts.forEach((part, n) => {
      const { status = '0', location = '' } = outcomes[n] ?? {};
      const verdict = part.apply(this.#model, location.split('/').at(-1) as string);
      agree(verdict, Number(status), part, answer.text);
    });
  }

  async check(): Promise<void> {
    const { pool } = this.#app.connection;
    const { id } = this.#tenant.tenant;
    this.#comparison.check(this.#model.views(), await readViews(pool, id));
    const { rows } = await pool.query('select * from rollcall_data.held_effects where tenant_id = $1', [id]);
    unlike('held effects', rows as object[], []);
    this.#reader.read(await readFeed(pool, id, this.#reader.position));
    await this.#compareReplay(this.#reader);
  }

  async #compareReplay(reader: FeedReader): Promise<void> {
    const { accounts, organizations, members } = await readViews(
      this.#app.connection.pool,
      this.#tenant.tenant.id,
    );
    const replayed = reader.views();
    unlike('accounts, by the feed', replayed.accounts, accounts);
    unlike(
      'organizations, by the feed',
      replayed.organizations,
      organizations.map(({ organization_id, name, archived }) => ({ organization_id, name, archived })),
    );
    unlike('organization_members, by the feed', replayed.members, members);
  }
}

function agree(verdict: Verdict, status: number, request: Request, text: string): void {
  const expected = verdict === 'done' ? status >= 200 && status < 300 : status === verdict;
  if (!expected) {
    const { method, url, body } = request;
    throw new Error(`${method} ${url} ${JSON.stringify(body)}: ${status} instead of ${verdict}: ${text}`);
  }
}

t.test(
  'after any sequence of operations the views are what the model says, and the feed replayed is the views',
  async (t) => {
    const app = await openApp(t);
    let tenants = 0;
    await fc.assert(
      fc.asyncProperty(sequences, async ({ world, operations }) => {
        tenants += 1;
        const tenant = await app.addTenant(`sequence-${tenants}`);
        // Before the token is used, so that nobody remembers what was set before.
        await app.connection.pool.query('update rollcall_data.tenants set provisioning = $2 where id = $1', [
          tenant.tenant.id,
          JSON.stringify(world.stored),
        ]);
        await new Pair(app, world, tenant).run(operations);
      }),
      { numRuns: RUNS, includeErrorInReport: true },
    );
    t.ok(tenants >= RUNS, `${RUNS} sequences`);
  },
);
