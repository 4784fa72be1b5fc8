import t from 'tap';
import { openApp } from '../support/app.ts';
import {
  clientOf,
  ENTERPRISE,
  GROUP,
  type Json,
  LIST_RESPONSE,
  refused,
  resourcesOf,
  USER,
} from './client.ts';

const app = await openApp(t);
const client = clientOf(app);
const nobody = clientOf(app, '');
const CORE = 'urn:ietf:params:scim:schemas:core:2.0';
const BASE = 'http://localhost:80/scim/v2';

const schemas = async (): Promise<Json[]> => resourcesOf((await client.get('/Schemas')).body);
const schema = async (id: string): Promise<Json> => (await client.get(`/Schemas/${id}`)).body;
const types = async (): Promise<Json[]> => resourcesOf((await client.get('/ResourceTypes')).body);

/** Every attribute of a schema with its path, sub-attributes included, as deep as they go. */
function attributesOf(schemaOrAttribute: Json, prefix = ''): [string, Json][] {
  const list = (schemaOrAttribute['attributes'] ?? schemaOrAttribute['subAttributes'] ?? []) as Json[];
  return list.flatMap((attribute): [string, Json][] => {
    const path = `${prefix}${attribute['name'] as string}`;
    return [[path, attribute], ...attributesOf({ subAttributes: attribute['subAttributes'] }, `${path}.`)];
  });
}

t.test(
  'B10.01 A9.01 A9.02 A11.01 discovery answers with objects and lists, each with schemas and meta',
  async (t) => {
    const config = await client.get('/ServiceProviderConfig');
    t.equal(config.status, 200);
    t.same(config.body['schemas'], [`${CORE}:ServiceProviderConfig`]);
    t.equal(config.body['id'], undefined);
    t.equal(config.body['totalResults'], undefined);
    t.match(config.body['meta'], {
      resourceType: 'ServiceProviderConfig',
      location: /\/scim\/v2\/ServiceProviderConfig$/,
    });
    for (const [endpoint, name] of [
      ['/Schemas', 'Schema'],
      ['/ResourceTypes', 'ResourceType'],
    ] as const) {
      const { status, body } = await client.get(endpoint);
      t.equal(status, 200);
      t.same(body['schemas'], [LIST_RESPONSE]);
      const resources = resourcesOf(body);
      t.ok(resources.length >= 2, endpoint);
      for (const resource of resources) {
        const id = resource['id'] as string;
        t.same(resource['schemas'], [`${CORE}:${name}`], id);
        t.match(resource['meta'], { resourceType: name }, id);
        t.ok((resource['meta'] as Json)['location'].endsWith(`/scim/v2${endpoint}/${id}`), id);
        const one = await client.get(`${endpoint}/${id}`);
        t.equal(one.status, 200, id);
        t.same(one.body, resource, id);
      }
      t.equal(refused(await client.get(`${endpoint}/urn:none`), 404), '');
    }
  },
);

t.test('B10.02 D4-35 D5 query parameters of discovery are ignored, and a filter is 403', async (t) => {
  for (const url of ['/Schemas', '/ResourceTypes']) {
    const all = (await client.get(url)).body;
    t.equal(all['totalResults'], resourcesOf(all).length);
    t.equal(all['itemsPerPage'], all['totalResults']);
    t.equal(all['startIndex'], 1);
    const asked = await client.get(`${url}?sortBy=name&startIndex=2&count=1&attributes=name&cursor=`);
    t.same(asked.body, all, `${url} is whole`);
  }
  for (const url of ['/Schemas', '/ResourceTypes', `/Schemas/${USER}`, '/ServiceProviderConfig']) {
    t.equal(refused(await client.find(url, 'id pr'), 403), '', url);
  }
});

t.test('B10.03 B4.62 D5 discovery can only be read, and has no search', async (t) => {
  for (const url of ['/Schemas', '/ResourceTypes', '/ServiceProviderConfig', `/Schemas/${USER}`]) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      const answer = await client.send(method, url, method === 'DELETE' ? undefined : {});
      t.equal(refused(answer, 405), '', `${method} ${url}`);
      t.equal(answer.headers['allow'], 'GET, HEAD, OPTIONS', `${method} ${url}`);
    }
  }
  for (const url of ['/Schemas/.search', '/ResourceTypes/.search']) {
    t.match((await client.post(url, {})).status, /^40[45]$/, url);
  }
  t.equal(refused(await client.get('/ServiceProviderConfigs'), 404), '');
});

t.test(
  'B10.04 ServiceProviderConfig is open and the same for everyone, the rest needs a credential',
  async (t) => {
    const open = await nobody.get('/ServiceProviderConfig');
    t.equal(open.status, 200);
    const other = clientOf(app, (await app.addTenant('other-config')).token);
    t.same(open.body, (await client.get('/ServiceProviderConfig')).body);
    t.same(open.body, (await other.get('/ServiceProviderConfig')).body);
    t.ok((open.body['authenticationSchemes'] as Json[]).length > 0);
    for (const url of ['/Schemas', '/ResourceTypes', `/Schemas/${USER}`, '/ResourceTypes/User']) {
      t.equal(refused(await nobody.get(url), 401), '', url);
    }
    t.equal(
      refused(await clientOf(app, 'wrong').get('/ServiceProviderConfig'), 401),
      '',
      'a wrong credential',
    );
  },
);

t.test('B10.05 discovery answers have an ETag and need not be sent again', async (t) => {
  for (const url of ['/ServiceProviderConfig', '/Schemas', `/Schemas/${USER}`, '/ResourceTypes']) {
    const { headers } = await client.get(url);
    t.match(headers['etag'], /^(W\/)?"[^"]+"$/, url);
    const again = await client.get(url, { 'if-none-match': String(headers['etag']) });
    t.equal(again.status, 304, url);
    t.equal(again.text, '', url);
    t.equal(again.headers['etag'], headers['etag'], url);
  }
});

t.test('A2.03 A2.04 A2.09 every schema that is named is there, and no message is a schema', async (t) => {
  const ids = (await schemas()).map((one) => one['id'] as string);
  t.ok(!ids.some((id) => id.includes(':api:messages:')));
  t.equal(new Set(ids.map((id) => id.toLowerCase())).size, ids.length);
  for (const type of await types()) {
    t.ok(ids.includes(type['schema'] as string), type['name']);
    for (const extension of (type['schemaExtensions'] ?? []) as Json[]) {
      t.ok(ids.includes(extension['schema'] as string), extension['schema']);
      t.equal(typeof extension['required'], 'boolean');
    }
  }
  for (const urn of [USER, GROUP, ENTERPRISE]) t.ok(ids.includes(urn), urn);
  const user = await client.user('registered', { [ENTERPRISE]: { department: 'R&D' } });
  for (const urn of user['schemas'] as string[]) t.ok(ids.includes(urn), urn);
});

t.test('A2.05 a schema is found by its URN in any case', async (t) => {
  t.same(await schema(USER.toUpperCase()), await schema(USER));
  const found = await client.find('/Users', `${ENTERPRISE.toUpperCase()}:department pr`);
  t.equal(found.status, 200);
});

t.test('A2.06 each type has one endpoint, its name and an s, and it answers', async (t) => {
  const list = await types();
  t.equal(new Set(list.map((type) => type['endpoint'])).size, list.length);
  for (const type of list) {
    t.equal(type['id'], type['name'], 'interoperability: the id is the name');
    t.equal(type['endpoint'], `/${type['name'] as string}s`);
    t.equal((await client.get(`${type['endpoint'] as string}?count=0`)).status, 200);
  }
});

t.test('A2.02 A3.07 extensions redefine nothing, and no complex attribute holds another', async (t) => {
  const core = new Set((await schema(USER))['attributes'].map((attribute: Json) => attribute['name']));
  for (const attribute of (await schema(ENTERPRISE))['attributes'] as Json[]) {
    t.ok(!core.has(attribute['name']), attribute['name']);
  }
  const known = ['string', 'boolean', 'decimal', 'integer', 'dateTime', 'reference', 'binary', 'complex'];
  for (const one of await schemas()) {
    for (const [path, { type }] of attributesOf(one)) {
      t.ok(known.includes(type), `${one['id'] as string} ${path}: ${String(type)}`);
      const describesSchemas = one['id'] === `${CORE}:Schema`;
      if (path.includes('.') && !describesSchemas) t.not(type, 'complex', path);
    }
  }
});

t.test('A11.02 A4.01 A4.07 A3.07 every characteristic of every attribute is published', async (t) => {
  for (const one of await schemas()) {
    for (const [path, attribute] of attributesOf(one)) {
      const at = `${one['id'] as string}:${path}`;
      for (const name of ['multiValued', 'required'])
        t.equal(typeof attribute[name], 'boolean', `${at} ${name}`);
      t.match(attribute['mutability'], /^(?:readOnly|readWrite|immutable|writeOnly)$/, at);
      t.match(attribute['returned'], /^(?:always|never|default|request)$/, at);
      t.ok(attribute['description'], `${at} has a description`);
      // RFC 7643 erratum 6004: a complex attribute has neither.
      if (attribute['type'] === 'complex') {
        t.equal(attribute['uniqueness'], undefined, at);
        t.equal(attribute['caseExact'], undefined, at);
        t.ok((attribute['subAttributes'] as Json[]).length > 0, at);
      } else {
        t.match(attribute['uniqueness'], /^(?:none|server|global)$/, at);
        t.equal(typeof attribute['caseExact'], 'boolean', at);
        t.equal(attribute['subAttributes'], undefined, at);
      }
      t.equal(
        attribute['type'] === 'reference',
        Array.isArray(attribute['referenceTypes']),
        `${at} referenceTypes`,
      );
      if (attribute['type'] === 'reference' || attribute['type'] === 'binary')
        t.equal(attribute['caseExact'], true, at);
    }
  }
});

t.test('A4.08 D4-21 A6.04 A8.01 A11.02 the shipped schemas have what the errata correct', async (t) => {
  const all = new Map<string, Json>();
  for (const one of await schemas()) {
    for (const [path, attribute] of attributesOf(one)) all.set(`${one['id'] as string}:${path}`, attribute);
  }
  const expected: Record<string, object> = {
    [`${GROUP}:displayName`]: { required: true },
    [`${GROUP}:members.value`]: { mutability: 'immutable', caseExact: true },
    [`${GROUP}:members.display`]: { mutability: 'readOnly' },
    [`${USER}:userName`]: { required: true, caseExact: false, uniqueness: 'server' },
    [`${USER}:groups`]: { mutability: 'readOnly' },
    [`${USER}:groups.value`]: { mutability: 'readOnly', caseExact: true },
    [`${USER}:groups.$ref`]: { referenceTypes: ['Group'] },
    [`${USER}:groups.type`]: { canonicalValues: ['direct', 'indirect'] },
    [`${USER}:emails.display`]: { mutability: 'readWrite' },
    [`${USER}:emails.type`]: { canonicalValues: ['work', 'home', 'other'] },
    [`${USER}:addresses.primary`]: { type: 'boolean' },
    [`${USER}:profileUrl`]: { caseExact: true, referenceTypes: ['external'] },
    [`${USER}:x509Certificates.value`]: { type: 'binary', caseExact: true },
    [`${USER}:password`]: { mutability: 'writeOnly', returned: 'never' },
    [`${ENTERPRISE}:manager.value`]: { caseExact: true },
    [`${ENTERPRISE}:manager.displayName`]: { mutability: 'readOnly' },
  };
  for (const [at, characteristics] of Object.entries(expected)) t.match(all.get(at), characteristics, at);
  const ims = all.get(`${USER}:ims.type`)?.['canonicalValues'] as string[];
  t.ok(ims.includes('other'));
  for (const [at, attribute] of all) {
    const describes = at.startsWith(USER) && /^[^.]*\.type$/.test(at.slice(USER.length + 1));
    const free = /:(?:entitlements|roles|x509Certificates)\.type$/.test(at);
    if (describes && !free) t.ok(Array.isArray(attribute['canonicalValues']), `${at} declares its values`);
  }
});

t.test('B1.01 A1.11 addresses are absolute, below the base URL, without a query', async (t) => {
  const user = await client.user('absolute');
  t.equal(user['meta'].location, `${BASE}/Users/${user['id'] as string}`);
  t.equal(new URL(user['meta'].location as string).search, '');
  const published = await openApp(t, { publicUrl: 'https://scim.example.com/id' });
  const made = await clientOf(published).user('published');
  t.equal(made['meta'].location, `https://scim.example.com/id/scim/v2/Users/${made['id'] as string}`);
});
