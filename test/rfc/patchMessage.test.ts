import t from 'tap';
import { openApp } from '../support/app.ts';
import { type Answer, PATCH_OP, refused, USER } from './client.ts';
import { BOTH, openHarness } from './patchVectors.ts';

const { clients, person, hold } = await openHarness(await openApp(t));

t.test(
  'D5 B6.01 D4-14 D4-40 the message is a PatchOp with operations of add, remove or replace',
  async (t) => {
    await hold(t, [
      { ops: [], refused: 'invalidSyntax' },
      { ops: [{ op: 'move', path: 'title', value: 'x' }], refused: 'invalidSyntax' },
      { ops: [{ path: 'title', value: 'x' }], refused: 'invalidSyntax' },
      { ops: ['replace'], refused: 'invalidSyntax' },
      { mode: 'strict', ops: [{ op: 'Replace', path: 'title', value: 'x' }], refused: 'invalidSyntax' },
      { mode: 'tolerant', ops: [{ op: 'Replace', path: 'title', value: 'x' }], leaves: { title: 'x' } },
      { ops: [{ OP: 'replace', Path: 'TITLE', VALUE: 'x' }], leaves: { title: 'x' } },
    ]);
    const Operations = [{ op: 'replace', path: 'title', value: 'x' }];
    for (const mode of BOTH) {
      const url = `/Users/${(await person(mode))['id'] as string}`;
      const send = (body: unknown): Promise<Answer> => clients[mode].send('PATCH', url, body);
      for (const body of [[], '"x"', { schemas: [PATCH_OP] }, { schemas: [PATCH_OP], Operations: {} }, '{']) {
        t.equal(refused(await send(body), 400, 'invalidSyntax'), '', `${mode} ${JSON.stringify(body)}`);
      }
      for (const body of [{ Operations }, { schemas: [USER], Operations }]) {
        const answer = await send(body);
        if (mode === 'strict') t.equal(refused(answer, 400, 'invalidSyntax'), '', 'schemas is missing');
        else t.equal(answer.status, 200, 'schemas is taken as meant');
      }
    }
  },
);

t.test('D5 B6.13 D4-18 D4-50 B2.04 a taken name is 409, another spelling of one’s own is not', async (t) => {
  for (const mode of BOTH) {
    const client = clients[mode];
    await client.user(`jsmith-${mode}`);
    const user = await person(mode);
    const url = `/Users/${user['id'] as string}`;
    const taken = await client.patch(url, [
      { op: 'replace', path: 'title', value: 'x' },
      { op: 'replace', path: 'userName', value: `JSMITH-${mode}` },
    ]);
    t.equal(refused(taken, 409, 'uniqueness'), '', mode);
    t.same((await client.get(url)).body, user, `${mode}: nothing applied`);
    const upper = String(user['userName']).toUpperCase();
    t.equal(
      (await client.patch(url, [{ op: 'replace', path: 'userName', value: upper }])).body['userName'],
      upper,
    );
    t.equal(
      refused(
        await client.patch(url, [{ op: 'add', path: 'title', value: 'y' }], { 'if-match': 'W/"1"' }),
        412,
      ),
      '',
    );
    t.equal(
      refused(await client.patch('/Users/nobody', [{ op: 'add', path: 'title', value: 'y' }]), 404),
      '',
      mode,
    );
    const large = await client.patch(url, [{ op: 'add', path: 'title', value: 'y'.repeat(1_100_000) }]);
    t.equal(refused(large, 413), '', mode);
  }
});

t.test('B6.12 B6.15 B15.06 a PATCH above its bounds is refused, tooMany for its operations', async (t) => {
  const user = await person('tolerant');
  const url = `/Users/${user['id'] as string}`;
  const some = Array.from({ length: 1_000 }, (_, number) => ({
    op: 'replace',
    path: 'title',
    value: `t${number}`,
  }));
  t.equal((await clients.tolerant.patch(url, some)).body['title'], 't999');
  const many = Array.from({ length: 10_001 }, () => ({ op: 'add', path: 'title', value: 'x' }));
  t.equal(refused(await clients.tolerant.patch(url, many), 400, 'tooMany'), '');
  const long = await clients.tolerant.patch(url, [
    { op: 'add', path: `emails[value eq "${'x'.repeat(20_000)}"].value`, value: 'x' },
  ]);
  t.equal(long.status, 400);
  const deep = await clients.tolerant.patch(url, [
    { op: 'add', path: `emails[${'('.repeat(40)}value pr${')'.repeat(40)}].value`, value: 'x' },
  ]);
  t.equal(deep.status, 400);
  t.equal((await clients.tolerant.get(url)).body['title'], 't999');
});
