import t from 'tap';
import { createPasswordHasher } from '../../src/store/passwordHash.ts';

t.test('A6.02 the same password is hashed to something else each time', async (t) => {
  const { hash } = createPasswordHasher();
  const [one, other] = await Promise.all([hash('same'), hash('same')]);
  t.match(one, /^\$scrypt\$ln=15,r=8,p=3\$/);
  t.not(one, other);
});

t.test('no more passwords are hashed at once than was said, in the order in which they came', async (t) => {
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const { hash } = createPasswordHasher(2, (password) => {
    started.push(password);
    return new Promise((resolve) => ends.push(() => resolve(`hash of ${password}`)));
  });
  const all = ['a', 'b', 'c', 'd', 'e'].map((password) => hash(password));
  t.same(started, ['a', 'b']);
  ends[1]?.();
  t.equal(await all[1], 'hash of b');
  t.same(started, ['a', 'b', 'c']);
  // Slips in after c took over, and has to wait behind d and e.
  const late = hash('f');
  t.same(started, ['a', 'b', 'c']);
  for (let index = 0; index < 6; index += 1) {
    ends[index]?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.same(
    await Promise.all([...all, late]),
    ['a', 'b', 'c', 'd', 'e', 'f'].map((one) => `hash of ${one}`),
  );
  t.same(started, ['a', 'b', 'c', 'd', 'e', 'f']);
});

t.test('a hash that fails gives its place to the next', async (t) => {
  let first = true;
  const { hash } = createPasswordHasher(1, async (password) => {
    if (!first) return password;
    first = false;
    throw new Error('no memory');
  });
  const [failed, done] = await Promise.allSettled([hash('a'), hash('b')]);
  t.match(failed, { status: 'rejected', reason: { message: 'no memory' } });
  t.match(done, { status: 'fulfilled', value: 'b' });
  t.equal(await hash('c'), 'c');
});

t.test('the event loop turns while passwords are hashed', async (t) => {
  const { hash } = createPasswordHasher();
  let turns = 0;
  let done = false;
  const turn = (): void => {
    turns += 1;
    if (!done) setImmediate(turn);
  };
  setImmediate(turn);
  await Promise.all([hash('x'), hash('y')]);
  done = true;
  t.ok(turns > 10, `${turns} turns`);
});
