/** Laws of PATCH, projection and folding, for documents and operations of every shape. */
import fc from 'fast-check';
import t from 'tap';
import { acceptPatch } from '../../src/scim/patch/accept.ts';
import { applyPatch } from '../../src/scim/patch/apply.ts';
import { ScimError } from '../../src/scim/errors.ts';
import { changedPaths } from '../../src/scim/resource/changedPaths.ts';
import { type Document, equal, isObject } from '../../src/scim/resource/document.ts';
import { foldDocument } from '../../src/scim/resource/folded.ts';
import { createIntake } from '../../src/scim/resource/intake.ts';
import { project } from '../../src/scim/resource/project.ts';
import type { Resource } from '../../src/scim/resource/resource.ts';
import { selectAttributes } from '../../src/scim/resource/selection.ts';
import { createLeniency } from '../../src/scim/tolerance.ts';
import { ENTERPRISE, frozen, MODES, patchOf, refusalOf, runPatch, SELF, User } from '../support/protocol.ts';

const RUNS = { numRuns: 500 };
const text = fc.constantFrom('a', 'A', 'b', 'straße', 'x y', '"', ']');
const email = fc.record(
  { value: text, type: fc.constantFrom('work', 'home'), display: text },
  { requiredKeys: ['value'] },
);
const emails = fc.uniqueArray(email, {
  minLength: 1,
  maxLength: 3,
  selector: ({ value, type }) => `${value.toLowerCase()} ${type}`,
});
const name = fc.record({ givenName: text, familyName: text }, { requiredKeys: ['givenName'] });
const enterprise = fc.record(
  { department: text, manager: fc.record({ value: text }) },
  { requiredKeys: ['department'] },
);
const attributes = fc.record({ title: text, name, emails, [ENTERPRISE]: enterprise }, { requiredKeys: [] });
const documents: fc.Arbitrary<Document> = attributes.map((rest) =>
  frozen({ userName: 'u', active: true, ...rest }),
);

const target = fc.oneof(
  fc.record({ path: fc.constant('title'), value: text }),
  fc.record({ path: fc.constant('name'), value: name }),
  fc.record({ path: fc.constant('name.familyName'), value: text }),
  fc.record({ path: fc.constant('emails'), value: emails }),
  fc.record({
    path: fc.constantFrom('emails[type eq "work"].value', 'emails.display', 'emails[value eq "a"].type'),
    value: text,
  }),
  // A replacement that no longer has what the filter asks for is another request the second time.
  fc.record({
    path: fc.constant('emails[type eq "home"]'),
    value: email.map((one) => ({ ...one, type: 'home' })),
  }),
  fc.record({ path: fc.constant(ENTERPRISE), value: enterprise }),
  fc.record({ path: fc.constant(`${ENTERPRISE}:department`), value: text }),
);
const whole = fc.oneof(
  fc.record({ path: fc.constant('title'), value: text }),
  fc.record({ path: fc.constant('name'), value: name }),
  fc.record({ path: fc.constant('emails'), value: emails }),
  fc.record({ path: fc.constant(`${ENTERPRISE}:department`), value: text }),
);
const after = (document: Document, ...operations: unknown[]): Document =>
  runPatch(User, document, patchOf(...operations)).document;

t.test('B6.02 a PATCH that is refused leaves no trace, wherever in it the mistake is', async (t) => {
  const bad = fc.constantFrom(
    { op: 'remove', path: 'userName' },
    { op: 'replace', path: 'id', value: 'x' },
    { op: 'add', path: 'emails[', value: 1 },
    { op: 'add', path: 'title', value: {} },
    { op: 'remove' },
  );
  fc.assert(
    fc.property(
      documents,
      fc.array(target, { maxLength: 3 }),
      bad,
      fc.nat(3),
      (document, targets, mistake, place) => {
        const before = JSON.stringify(document);
        const operations: unknown[] = targets.map((one) => ({ op: 'add', ...one }));
        operations.splice(place, 0, mistake);
        // The document is frozen: a change in place would throw something that is no ScimError.
        return (
          refusalOf(() => after(document, ...operations)).startsWith('400 ') &&
          JSON.stringify(document) === before
        );
      },
    ),
    RUNS,
  );
  t.pass();
});

t.test('B6a replace is idempotent', async (t) => {
  fc.assert(
    fc.property(documents, target, (document, one) => {
      const once = after(document, { op: 'replace', ...one });
      return equal(after(once, { op: 'replace', ...one }), once);
    }),
    RUNS,
  );
  t.pass();
});

t.test('B6.08 add twice is add once', async (t) => {
  fc.assert(
    fc.property(documents, target, (document, one) => {
      const once = after(document, { op: 'add', ...one });
      return equal(after(once, { op: 'add', ...one }), once);
    }),
    RUNS,
  );
  t.pass();
});

t.test('B6a remove after add is as before, where nothing was there', async (t) => {
  fc.assert(
    fc.property(documents, whole, (document, one) => {
      const empty = after(document, { op: 'remove', path: one.path });
      return equal(after(empty, { op: 'add', ...one }, { op: 'remove', path: one.path }), empty);
    }),
    RUNS,
  );
  t.pass();
});

t.test('B6.04 a remove with the value of an add takes away what the add brought', async (t) => {
  fc.assert(
    fc.property(documents, text, (document, value) => {
      const one = { path: 'emails', value: [{ value, type: 'other' }] };
      const added = after(document, { op: 'add', ...one });
      return equal(after(added, { op: 'remove', ...one }), document);
    }),
    RUNS,
  );
  t.pass();
});

t.test('B6a without a path is the same as with it', async (t) => {
  fc.assert(
    fc.property(
      documents,
      whole,
      fc.constantFrom('add', 'replace'),
      fc.constantFrom(...MODES),
      (document, { path, value }, op, mode) => {
        const pathed = runPatch(User, document, patchOf({ op, path, value }), mode).document;
        const pathless = runPatch(User, document, patchOf({ op, value: { [path]: value } }), mode).document;
        return equal(pathed, pathless);
      },
    ),
    RUNS,
  );
  t.pass();
});

t.test('B6.02 two operations in one request are two requests', async (t) => {
  const op = fc.constantFrom('add', 'replace');
  fc.assert(
    fc.property(documents, op, target, op, target, (document, op1, first, op2, second) =>
      equal(
        after(document, { op: op1, ...first }, { op: op2, ...second }),
        after(after(document, { op: op1, ...first }), { op: op2, ...second }),
      ),
    ),
    RUNS,
  );
  t.pass();
});

t.test('B6a what an operation does not name stays, and is not in the paths of the feed', async (t) => {
  fc.assert(
    fc.property(documents, target, fc.constantFrom('add', 'replace'), (document, one, op) => {
      const paths = changedPaths(document, after(document, { op, ...one }));
      const root = one.path.startsWith('urn:') ? ENTERPRISE : one.path.split(/[.[]/)[0];
      return paths.every((path) => path === root || path.startsWith(`${root}:`));
    }),
    RUNS,
  );
  t.pass();
});

const junk = fc.jsonValue({ maxDepth: 3 });
const wild = fc.record(
  {
    op: fc.oneof(fc.constantFrom('add', 'Replace', 'remove'), junk),
    path: fc.oneof(
      fc.constantFrom(
        'emails',
        'name',
        'title',
        'emails[type eq "work"]',
        'emails[type eq "work"].value',
        ENTERPRISE,
        `${ENTERPRISE}:manager`,
        'members',
        'id',
        'schemas',
        'groups',
        'password',
        'x509Certificates',
      ),
      fc.string(),
      junk,
    ),
    value: fc.oneof(attributes, junk, fc.record({ value: junk, type: junk, emails: junk, primary: junk })),
  },
  { requiredKeys: ['op'] },
);

t.test(
  'B6 whatever is sent, the answer is a document or a refusal with 400 or 409, never another error',
  async (t) => {
    fc.assert(
      fc.property(
        documents,
        fc.array(wild, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...MODES),
        (document, operations, mode) => {
          const refused = refusalOf(() => runPatch(User, document, patchOf(...operations), mode));
          return refused === 'done' || refused.startsWith('400 ');
        },
      ),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(
        junk,
        (body) => refusalOf(() => runPatch(User, { userName: 'u' }, body)) !== 'done' || isObject(body),
      ),
      RUNS,
    );
    t.pass();
  },
);

t.test('B6.07 however it came about, at most one element is primary', async (t) => {
  const primary = fc.array(
    fc.record({ value: text, type: fc.constantFrom('work', 'home'), primary: fc.boolean() }),
    { maxLength: 3 },
  );
  const operation = fc.oneof(
    fc.record({ op: fc.constantFrom('add', 'replace'), path: fc.constant('emails'), value: primary }),
    fc.record({
      op: fc.constantFrom('add', 'replace'),
      path: fc.constantFrom(
        'emails[type eq "work"].primary',
        'emails[value eq "a"].primary',
        'emails.primary',
      ),
      value: fc.boolean(),
    }),
    fc.record({
      op: fc.constant('remove'),
      path: fc.constantFrom('emails[type eq "home"]', 'emails[primary eq true]'),
    }),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 6 }), (operations) => {
      const document = operations.reduce((current: Document, one) => after(current, one), {
        userName: 'u',
        active: true,
      });
      const list = (document['emails'] ?? []) as { primary?: boolean }[];
      return list.filter((one) => one.primary).length <= 1;
    }),
    RUNS,
  );
  t.pass();
});

t.test(
  'B6.08 an operation that changes nothing gives an equal document, so that nothing is written',
  async (t) => {
    fc.assert(
      fc.property(documents, (document) => {
        const intake = createIntake(createLeniency('strict'));
        const { operations } = acceptPatch(User, SELF, patchOf({ op: 'add', value: document }), intake);
        return changedPaths(document, applyPatch(document, operations, intake.leniency)).length === 0;
      }),
      RUNS,
    );
    t.pass();
  },
);

const resourceOf = (document: Document): Resource => ({
  id: SELF,
  document,
  version: 1,
  created: new Date(0),
  lastModified: new Date(0),
  groups: [],
  members: [],
});
const names = fc.array(
  fc.constantFrom(
    'userName',
    'title',
    'name',
    'name.givenName',
    'emails',
    'emails.value',
    'emails.type',
    ENTERPRISE,
    `${ENTERPRISE}:department`,
    'meta',
    'meta.version',
    'id',
    'schemas',
    'password',
    'unknown',
  ),
  { minLength: 1, maxLength: 4 },
);
const leaves = (value: unknown, path: string): string[] => {
  if (Array.isArray(value)) return value.flatMap((one, index) => leaves(one, `${path}/${index}`));
  return isObject(value)
    ? Object.entries(value).flatMap(([key, part]) => leaves(part, `${path}/${key}`))
    : [`${path}=${String(value)}`];
};
const shown = (document: Document, only?: readonly string[], except?: readonly string[]): string[] =>
  leaves(
    project(
      User,
      resourceOf(document),
      selectAttributes(User, only, except, createLeniency('strict')),
      'https://x',
    ),
    '',
  );

t.test(
  'B4.50 B4.51 a projection shows part of the whole, id and schemas always, and the excluded and the named are all there is',
  async (t) => {
    fc.assert(
      fc.property(documents, names, (document, chosen) => {
        // Elements that are left empty are dropped, which moves the others.
        const all = new Set(shown(document).map((leaf) => leaf.replace(/\/\d+/g, '')));
        const only = shown(document, chosen).map((leaf) => leaf.replace(/\/\d+/g, ''));
        const except = shown(document, undefined, chosen).map((leaf) => leaf.replace(/\/\d+/g, ''));
        const union = new Set([...only, ...except]);
        return (
          only.every((leaf) => all.has(leaf)) &&
          except.every((leaf) => all.has(leaf)) &&
          [...all].every((leaf) => union.has(leaf)) &&
          [only, except].every(
            (some) => some.includes(`/id=${SELF}`) && some.some((leaf) => leaf.startsWith('/schemas')),
          )
        );
      }),
      RUNS,
    );
    t.pass();
  },
);

t.test(
  'B4.16 the folded twin of a document does not change by folding it again, nor by the case of its values',
  async (t) => {
    fc.assert(
      fc.property(documents, (document) => {
        const folded = foldDocument(User, document);
        const upper = JSON.parse(JSON.stringify(document), (key, value: unknown) =>
          typeof value === 'string' && key !== 'value' ? value.toUpperCase() : value,
        ) as Document;
        return equal(foldDocument(User, folded), folded) && equal(foldDocument(User, upper), folded);
      }),
      RUNS,
    );
    t.pass();
  },
);

t.test('ScimError is what refusalOf waits for', async (t) => {
  t.throws(
    () =>
      refusalOf(() => {
        throw new TypeError('x');
      }),
    TypeError,
  );
  t.equal(
    refusalOf(() => {
      throw new ScimError(418, undefined, 'x');
    }),
    '418',
  );
});
