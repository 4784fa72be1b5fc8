import t from 'tap';
import type pg from 'pg';
import { gather } from '../../src/store/gather.ts';

/** A client of which only the stream is looked at. */
function clientWith(told: string[]): pg.ClientBase {
  const stream = { cork: () => told.push('cork'), uncork: () => told.push('uncork') };
  return { connection: { stream } } as unknown as pg.ClientBase;
}

t.test('what is sent until the moment comes is held back, and let go once', (t) => {
  const told: string[] = [];
  const client = clientWith(told);
  const moments: (() => void)[] = [];
  const schedule = (send: () => void): void => void moments.push(send);
  gather(client, schedule);
  gather(client, schedule);
  gather(client, schedule);
  t.same([told, moments.length], [['cork'], 1]);
  moments[0]?.();
  t.same(told, ['cork', 'uncork']);
  gather(client, schedule);
  t.same([told, moments.length], [['cork', 'uncork', 'cork'], 2], 'and again afterwards');
  moments[1]?.();
  t.end();
});

t.test('connections are held back each for itself', (t) => {
  const told: string[] = [];
  const moments: (() => void)[] = [];
  for (let n = 0; n < 2; n += 1) gather(clientWith(told), (send) => moments.push(send));
  t.same([told, moments.length], [['cork', 'cork'], 2]);
  t.end();
});
