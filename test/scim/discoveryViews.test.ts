/** The view of discovery for Microsoft Entra ID, read as Microsoft's gallery test reads it. */
import t from 'tap';
import { type DiscoveryView, variantOf } from '../../src/scim/discovery/variant.ts';
import { resourceTypeResources, schemaResources, serviceProviderConfig } from '../../src/scim/discovery.ts';
import { type Mode } from '../../src/scim/mode.ts';
import type { AttributeDefinition } from '../../src/scim/schema/attribute.ts';
import { CORE_GROUP, CORE_USER, ENTERPRISE, shipped } from '../support/protocol.ts';

const base = 'https://scim.example.com/scim/v2';

function variant(discoveryView: DiscoveryView, mode: Mode = 'tolerant', storePasswords = false) {
  return variantOf({ mode, discoveryView, allowDuplicateGroupNames: false, storePasswords });
}

function attributesOf(id: string, view: DiscoveryView, mode?: Mode): readonly AttributeDefinition[] {
  const schema = schemaResources(shipped, base, variant(view, mode)).find((one) => one['id'] === id);
  return (schema?.['attributes'] ?? []) as AttributeDefinition[];
}

/** The paths that the test Schema_Discoverability makes of a schema, in lower case. */
function flattened(id: string, view: DiscoveryView): Set<string> {
  const prefix = id === ENTERPRISE ? `${ENTERPRISE}:` : '';
  const paths = attributesOf(id, view).flatMap(
    ({ name, type, multiValued, subAttributes = [] }): string[] => {
      if (type !== 'complex') return type === 'reference' ? [] : [name];
      if (!multiValued) return [name, ...subAttributes.map((sub) => `${name}.${sub.name}`)];
      const types = subAttributes.find((sub) => sub.name === 'type')?.canonicalValues;
      const filters = types ? types.map((one) => `type eq "${one}"`) : ['primary eq "True"'];
      return filters.flatMap((filter) => subAttributes.map((sub) => `${name}[${filter}].${sub.name}`));
    },
  );
  return new Set(paths.map((path) => `${prefix}${path}`.toLowerCase()));
}

/** What Entra ID maps by default, and what its validator patches besides. */
const MAPPED_USER = [
  'userName',
  'active',
  'displayName',
  'title',
  'emails[type eq "work"].value',
  'preferredLanguage',
  'name.givenName',
  'name.familyName',
  'name.formatted',
  'addresses[type eq "work"].formatted',
  'addresses[type eq "work"].streetAddress',
  'addresses[type eq "work"].locality',
  'addresses[type eq "work"].region',
  'addresses[type eq "work"].postalCode',
  'addresses[type eq "work"].country',
  'phoneNumbers[type eq "work"].value',
  'phoneNumbers[type eq "mobile"].value',
  'phoneNumbers[type eq "fax"].value',
  'externalId',
  'nickName',
  'userType',
  'locale',
  'timezone',
  'profileUrl',
  'roles[primary eq "True"].value',
  'roles[primary eq "True"].display',
  'roles[primary eq "True"].type',
];
const MAPPED_ENTERPRISE = [
  'employeeNumber',
  'department',
  'division',
  'costCenter',
  'organization',
  'manager',
];

t.test('every attribute that Entra ID maps by default is found in the view for it', async (t) => {
  const user = flattened(CORE_USER, 'entra');
  for (const path of MAPPED_USER) t.ok(user.has(path.toLowerCase()), path);
  const enterprise = flattened(ENTERPRISE, 'entra');
  for (const name of MAPPED_ENTERPRISE) t.ok(enterprise.has(`${ENTERPRISE}:${name}`.toLowerCase()), name);
  const group = flattened(CORE_GROUP, 'entra');
  for (const path of ['displayName', 'externalId']) t.ok(group.has(path.toLowerCase()), path);
  t.ok(attributesOf(CORE_GROUP, 'entra').some(({ name }) => name === 'members'));
});

t.test('the full view would lose profileUrl, which is a reference', async (t) => {
  t.notOk(flattened(CORE_USER, 'full').has('profileurl'));
});

t.test('what the validator refuses is not in the view for it: password, display and primary', async (t) => {
  const attributes = attributesOf(CORE_USER, 'entra');
  t.notOk(attributes.some(({ name }) => name === 'password'));
  for (const { name, multiValued, subAttributes = [] } of attributes) {
    const names = subAttributes.map((sub) => sub.name);
    const type = subAttributes.find((sub) => sub.name === 'type');
    if (!multiValued || !type?.canonicalValues) continue;
    t.notOk(names.includes('display') || names.includes('primary'), `${name} has ${names.join(', ')}`);
  }
  for (const name of ['emails', 'phoneNumbers', 'addresses', 'ims', 'photos'])
    t.ok(
      attributes.some((attribute) => attribute.name === name),
      name,
    );
  t.match(
    attributes.find(({ name }) => name === 'name'),
    { type: 'complex' },
  );
  t.match(
    attributes.find(({ name }) => name === 'profileUrl'),
    { type: 'string' },
  );
  t.notOk('referenceTypes' in (attributes.find(({ name }) => name === 'profileUrl') ?? {}));
});

t.test(
  'the view for Entra ID takes away and changes nothing else, and the full view shows it all',
  async (t) => {
    const full = attributesOf(CORE_USER, 'full');
    t.strictSame(full, shipped.definitions.schemas.find(({ id }) => id === CORE_USER)?.attributes);
    const entra = attributesOf(CORE_USER, 'entra');
    t.same(
      full.map(({ name }) => name).filter((name) => !entra.some((one) => one.name === name)),
      ['password'],
    );
    for (const attribute of entra) {
      const { name, type, subAttributes } = full.find(
        (one) => one.name === attribute.name,
      ) as AttributeDefinition;
      if (type !== 'reference') t.equal(attribute.type, type, name);
      const kept = subAttributes?.filter((sub) =>
        attribute.subAttributes?.some((one) => one.name === sub.name),
      );
      t.strictSame(attribute.subAttributes, kept, name);
    }
    t.notOk(JSON.stringify(schemaResources(shipped, base, variant('entra'))).includes('null'), 'no nulls');
  },
);

t.test(
  'C7.02 every schema of a resource type is published in either view, and its id is its name',
  async (t) => {
    for (const view of ['full', 'entra'] as const) {
      const published = new Set(schemaResources(shipped, base, variant(view)).map(({ id }) => id));
      for (const type of resourceTypeResources(shipped, base)) {
        t.equal(type['id'], type['name']);
        t.ok(published.has(type['schema']));
        for (const { schema } of (type['schemaExtensions'] ?? []) as { schema: string }[])
          t.ok(published.has(schema));
      }
    }
  },
);

t.test(
  'C7.01 C7.02 A9.03 the flag is published where it is true: in interop mode, and with nothing left out',
  async (t) => {
    const flag = (view: DiscoveryView, mode: Mode) =>
      serviceProviderConfig(base, 1, variant(view, mode))['interopProfileConformant'];
    t.equal(flag('full', 'interop'), true);
    for (const [view, mode] of [
      ['full', 'tolerant'],
      ['full', 'strict'],
      ['entra', 'interop'],
    ] as const)
      t.equal(flag(view, mode), undefined, `${view}, ${mode}`);
    t.notOk(
      JSON.stringify(schemaResources(shipped, base, variant('entra', 'interop'))).includes('interopProfile'),
    );
  },
);

t.test('C7.05 in interop mode every type has canonical values, if only none', async (t) => {
  const roles = (mode: Mode) =>
    attributesOf(CORE_USER, 'full', mode)
      .find(({ name }) => name === 'roles')
      ?.subAttributes?.find(({ name }) => name === 'type')?.canonicalValues;
  t.strictSame(roles('interop'), []);
  t.equal(roles('strict'), undefined);
});

t.test('A9.03 A6.02 changePassword is what the tenant has', async (t) => {
  for (const stored of [true, false])
    t.match(serviceProviderConfig(base, 1, variant('full', 'tolerant', stored)), {
      changePassword: { supported: stored },
    });
});
