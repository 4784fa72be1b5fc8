import t, { type Test } from 'tap';
import { ADMIN_TOKEN, openApp } from '../support/app.ts';
import { type Client, clientOf, type Json, refused } from './client.ts';
import {
  bodyWith,
  type DeclaredType,
  fresh,
  type Place,
  readDeclared,
  type Samples,
  samplesOf,
  valueAt,
  writable,
  wrongFor,
} from './declared.ts';

const app = await openApp(t);
const MODES = ['tolerant', 'strict'] as const;

/** An extension and a resource type with every characteristic that the shipped ones lack. */
const EXTENSION = 'urn:example:probe:2.0:User';
const GADGET = 'urn:example:probe:2.0:Gadget';
const characteristics = [
  { name: 'level', type: 'integer' },
  { name: 'weight', type: 'decimal' },
  { name: 'since', type: 'dateTime' },
  { name: 'firmware', type: 'binary', caseExact: true },
  { name: 'link', type: 'reference', caseExact: true, referenceTypes: ['external'] },
  { name: 'exact', caseExact: true },
  { name: 'tags', multiValued: true },
  { name: 'serial', mutability: 'immutable' },
  { name: 'asked', returned: 'request' },
  { name: 'hidden', mutability: 'writeOnly', returned: 'never' },
  { name: 'colour', canonicalValues: ['red', 'green'] },
  {
    name: 'parts',
    type: 'complex',
    multiValued: true,
    subAttributes: [
      { name: 'value' },
      { name: 'count', type: 'integer' },
      { name: 'fixed', type: 'boolean' },
    ],
  },
];

interface Subject {
  readonly mode: string;
  readonly client: Client;
  readonly types: readonly DeclaredType[];
  readonly samples: Samples;
}

const subjects: Subject[] = [];
const declarations: string[] = [];
for (const mode of MODES) {
  const slug = `probe-${mode}`;
  const client = clientOf(app, (await app.addTenant(slug, mode)).token);
  for (const [url, body] of [
    [`schemas/${EXTENSION}`, { name: 'Probe', extends: ['User'], attributes: characteristics }],
    [
      `schemas/${GADGET}`,
      {
        name: 'Gadget',
        attributes: [{ name: 'name', required: true, uniqueness: 'server' }, ...characteristics],
      },
    ],
    ['resource-types/Gadget', { schema: GADGET, endpoint: '/Gadgets' }],
    ['resource-types/EndpointApp', undefined],
    ['resource-types/Device', undefined],
  ] as const) {
    const put = await app.server.inject({
      method: 'PUT',
      url: `/admin/v1/tenants/${slug}/${url}`,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      ...(body === undefined ? {} : { payload: body }),
    });
    declarations.push(`${url} ${put.statusCode}${put.statusCode === 201 ? '' : put.body}`);
  }
  const types = await readDeclared(client);
  const existing = new Map<string, string>();
  const samples = samplesOf((type) => existing.get(type));
  for (const type of types) {
    const made = await client.post(type.endpoint, bodyWith(type, samples));
    existing.set(type.name, made.body['id'] as string);
  }
  subjects.push({ mode, client, types, samples });
}

type Probe = (
  subtest: Test,
  subject: Subject,
  type: DeclaredType,
  place: Place,
  name: string,
) => Promise<void>;

/** Runs a probe on every declared attribute that it is about, and fails when there is none. */
async function probe(subtest: Test, about: (place: Place) => boolean, run: Probe): Promise<void> {
  for (const subject of subjects) {
    let count = 0;
    for (const type of subject.types) {
      for (const place of type.places.filter(about)) {
        await run(subtest, subject, type, place, `${subject.mode} ${type.name} ${place.path}`);
        count += 1;
      }
    }
    subtest.ok(count > 0, `${subject.mode}: ${count} attributes`);
  }
}

const ordinary = ({ attribute, parent }: Place): boolean =>
  writable(attribute) && (!parent || writable(parent));
const shownByDefault = ({ attribute, parent }: Place): boolean =>
  attribute.returned === 'default' && (parent?.returned ?? 'default') === 'default';
/** Whether a value of it can be made up: not so the id of another resource, which alone is more. */
const free = ({ attribute, parent }: Place): boolean =>
  !parent?.subAttributes?.some(
    ({ name, referenceTypes }) => name === '$ref' && !referenceTypes?.includes('external'),
  ) && attribute.name !== '$ref';
const sampleAt = ({ samples }: Subject, { attribute }: Place): unknown => samples.value(attribute);
const make = (subject: Subject, type: DeclaredType, place: Place, value: unknown, query = '') =>
  subject.client.post(`${type.endpoint}${query}`, bodyWith(type, subject.samples, place, value));

t.test('A9.03 A11.02 D4-39 what is declared is there to be probed, a tenant’s own schemas too', async (t) => {
  t.same(
    declarations.filter((line) => !line.endsWith(' 201')),
    [],
  );
  for (const { types } of subjects) {
    t.same(types.map(({ name }) => name).sort(), ['Device', 'EndpointApp', 'Gadget', 'Group', 'User']);
    t.ok(types.every(({ tops }) => tops.length > 0));
  }
});

t.test(
  'A9.03 A3.01 A3.02 A3.03 A3.04 A3.05 A3.07 a value of the declared type is accepted and returned',
  (t) =>
    probe(
      t,
      (place) => ordinary(place) && free(place),
      async (t, subject, type, place, name) => {
        const value = sampleAt(subject, place);
        const made = await make(subject, type, place, value);
        t.equal(made.status, 201, `${name} ${made.status === 201 ? '' : made.text}`);
        if (!shownByDefault(place)) return;
        t.match(valueAt(made.body, place), value, name);
        const read = await subject.client.get(`${type.endpoint}/${made.body['id'] as string}`);
        t.same(read.body, made.body, name);
      },
    ),
);

t.test('A9.03 B2.05 A3.02 A3.03 A3.04 A3.05 a value of another type is invalidValue', (t) =>
  probe(
    t,
    (place) => ordinary(place) && !place.parent,
    async (t, subject, type, place, name) => {
      for (const value of wrongFor(place.attribute)) {
        // What is never kept is not judged.
        if (place.attribute.mutability === 'writeOnly') continue;
        const answer = await make(subject, type, place, value);
        t.equal(refused(answer, 400, 'invalidValue'), '', `${name} ${JSON.stringify(value)}`);
      }
    },
  ),
);

t.test('A9.03 A4.02 B6.06 what is required has to be given, and cannot be removed', (t) =>
  probe(
    t,
    (place) => place.attribute.required && ordinary(place) && !place.parent && place.extension === undefined,
    async (t, subject, type, place, name) => {
      const { client, samples } = subject;
      const body = bodyWith(type, samples);
      delete body[place.attribute.name];
      t.equal(refused(await client.post(type.endpoint, body), 400, 'invalidValue'), '', name);
      const url = `${type.endpoint}/${(await client.post(type.endpoint, bodyWith(type, samples))).body['id'] as string}`;
      // B5.04: what is immutable is kept by a PUT that does not speak of it.
      const replaced = await client.put(url, body);
      if (place.attribute.mutability === 'immutable') t.equal(replaced.status, 200, name);
      else t.equal(refused(replaced, 400, 'invalidValue'), '', name);
      t.equal(
        refused(await client.patch(url, [{ op: 'remove', path: place.path }]), 400, 'mutability'),
        '',
        name,
      );
    },
  ),
);

t.test('A9.03 A5.01 what is multi-valued takes several values, what is not takes one', (t) =>
  probe(
    t,
    (place) => ordinary(place) && free(place) && shownByDefault(place),
    async (t, subject, type, place, name) => {
      const { attribute } = place;
      const one = (): unknown => {
        const value = subject.samples.one(attribute);
        return attribute.type === 'complex' && attribute.multiValued
          ? without(value as Json, 'primary')
          : value;
      };
      if (attribute.type === 'boolean' && attribute.multiValued) return;
      if (attribute.multiValued && attribute.subAttributes?.some(({ name: sub }) => sub === '$ref')) return;
      const values = [one(), one()];
      const answer = await make(subject, type, place, values);
      if (attribute.multiValued) {
        t.equal(answer.status, 201, `${name} ${answer.status === 201 ? '' : answer.text}`);
        t.equal((valueAt(answer.body, place) as unknown[]).length, 2, name);
      } else {
        t.equal(refused(answer, 400, 'invalidValue'), '', name);
      }
    },
  ),
);

t.test('A9.03 A4.03 B4.16 caseExact decides whether a filter minds the case', (t) =>
  probe(
    t,
    (place) =>
      ordinary(place) &&
      free(place) &&
      place.attribute.returned !== 'never' &&
      ['string', 'reference'].includes(place.attribute.type),
    async (t, subject, type, place, name) => {
      const text = `Probe-${fresh()}-Case`;
      const value = place.attribute.type === 'reference' ? `https://example.com/${text}` : text;
      const made = await make(subject, type, place, place.attribute.multiValued ? [value] : value);
      const find = async (asked: string): Promise<number> =>
        (await subject.client.find(type.endpoint, `${place.path} eq ${JSON.stringify(asked)}`)).body[
          'totalResults'
        ] as number;
      t.equal(made.status, 201, name);
      t.equal(await find(value), 1, name);
      t.equal(await find(value.toLowerCase()), place.attribute.caseExact ? 0 : 1, `${name} in another case`);
    },
  ),
);

t.test('A9.03 A4.04 B2.02 B6.05 what is readOnly is ignored in POST and refused in PATCH', (t) =>
  probe(
    t,
    ({ attribute }) => attribute.mutability === 'readOnly',
    async (t, subject, type, place, name) => {
      const { client, samples } = subject;
      const value = samples.value(place.parent ? place.attribute : { ...place.attribute });
      // In a list of other resources an element without its value would be no element.
      const given = place.parent && writable(place.parent) && !free(place) ? undefined : value;
      const made =
        given === undefined
          ? await client.post(type.endpoint, bodyWith(type, samples))
          : await make(subject, type, place, given);
      t.equal(made.status, 201, `${name} ${made.status === 201 ? '' : made.text}`);
      t.equal(valueAt(made.body, place), undefined, name);
      const url = `${type.endpoint}/${made.body['id'] as string}`;
      const path = place.path;
      t.equal(
        refused(await client.patch(url, [{ op: 'replace', path, value }]), 400, 'mutability'),
        '',
        name,
      );
    },
  ),
);

t.test('A9.03 A4.04 B5.04 B6.05 what is immutable can be set once and not changed', async (t) => {
  for (const subject of subjects) {
    const { client, mode } = subject;
    for (const type of subject.types) {
      for (const place of type.tops.filter(({ attribute }) => attribute.mutability === 'immutable')) {
        const name = `${mode} ${type.name} ${place.path}`;
        const made = await client.post(type.endpoint, bodyWith(type, subject.samples));
        const value = valueAt(made.body, place) ?? sampleAt(subject, place);
        const url = `${type.endpoint}/${made.body['id'] as string}`;
        const set = await client.patch(url, [{ op: 'add', path: place.path, value }]);
        t.same(valueAt(set.body, place), value, `${name} is set`);
        const other = place.attribute.canonicalValues?.[1] ?? sampleAt(subject, place);
        for (const op of ['add', 'replace']) {
          const changed = await client.patch(url, [{ op, path: place.path, value: other }]);
          t.equal(refused(changed, 400, 'mutability'), '', `${name} ${op}`);
        }
        const same = await client.patch(url, [{ op: 'replace', path: place.path, value }]);
        t.equal(same.headers['etag'], set.headers['etag'], `${name}: the same value is no change`);
        const body = { ...bodyWith(type, subject.samples, place, other) };
        t.equal(refused(await client.put(url, body), 400, 'mutability'), '', `${name} PUT`);
        const kept = await client.put(url, bodyWith(type, subject.samples));
        t.same(valueAt(kept.body, place), value, `${name}: left out of a PUT it stays`);
      }
    }
  }
});

t.test('A9.03 A4.05 B4.50 B4.51 returned decides what is shown, whatever is asked for', (t) =>
  probe(
    t,
    (place) => ordinary(place) && free(place) && !place.parent,
    async (t, subject, type, place, name) => {
      const { attribute, path } = place;
      const made = await make(subject, type, place, sampleAt(subject, place));
      const url = `${type.endpoint}/${made.body['id'] as string}`;
      const shows = async (query: string): Promise<boolean> =>
        valueAt((await subject.client.get(`${url}${query}`)).body, place) !== undefined;
      const { returned } = attribute;
      const found = {
        bare: await shows(''),
        named: await shows(`?attributes=${path}`),
        other: await shows('?attributes=id'),
        excluded: await shows(`?excludedAttributes=${path}`),
      };
      const always = returned === 'always';
      t.same(
        found,
        {
          bare: always || returned === 'default',
          named: returned !== 'never',
          other: always,
          excluded: always,
        },
        `${name} ${returned}`,
      );
    },
  ),
);

t.test(
  'A9.03 A4.06 B2.04 what is unique in the server is 409 the second time, anything else may be twice',
  (t) =>
    probe(
      t,
      (place) =>
        ordinary(place) &&
        free(place) &&
        !place.parent &&
        place.attribute.uniqueness !== undefined &&
        place.attribute.type !== 'boolean',
      async (t, subject, type, place, name) => {
        const value = sampleAt(subject, place);
        t.equal((await make(subject, type, place, value)).status, 201, name);
        const again = await make(subject, type, place, value);
        if (place.attribute.uniqueness === 'none') t.equal(again.status, 201, name);
        else t.equal(refused(again, 409, 'uniqueness'), '', name);
        if (place.attribute.uniqueness !== 'none' && place.attribute.caseExact === false) {
          const folded = await make(subject, type, place, String(value).toUpperCase());
          t.equal(refused(folded, 409, 'uniqueness'), '', `${name} in another case`);
        }
      },
    ),
);

t.test('A9.03 A4.08 every canonical value is accepted, and a suggestion excludes none', (t) =>
  probe(
    t,
    (place) => ordinary(place) && free(place) && (place.attribute.canonicalValues?.length ?? 0) > 0,
    async (t, subject, type, place, name) => {
      for (const value of [...(place.attribute.canonicalValues ?? []), `other ${fresh()}`]) {
        const made = await make(subject, type, place, place.attribute.multiValued ? [value] : value);
        t.equal(made.status, 201, `${name} ${value}`);
        t.same([valueAt(made.body, place)].flat(), [value], name);
      }
    },
  ),
);

t.test('A9.03 B4.04 B4.19 every attribute can be asked about, but for what is never returned', (t) =>
  probe(
    t,
    () => true,
    async (t, subject, type, place, name) => {
      const never = place.attribute.returned === 'never' || place.parent?.returned === 'never';
      const answer = await subject.client.find(type.endpoint, `${place.path} pr`);
      if (never) t.equal(refused(answer, 400, 'invalidFilter'), '', name);
      else t.equal(answer.status, 200, `${name} ${answer.status === 200 ? '' : answer.text}`);
    },
  ),
);

function without(value: Json, key: string): Json {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
}
