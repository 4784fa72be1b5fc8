/** What was seeded, and how requests name it. */

export interface Tenant {
  readonly id: string;
  readonly token: string;
}

export interface World {
  readonly main: Tenant;
  readonly users: number;
  readonly groups: number;
  readonly small: readonly Tenant[];
}

/** Users and groups of each small tenant. */
export const SMALL = { users: 10, groups: 1 };

/** What both sides write into `location` and `$ref`. */
export const PUBLIC_URL = 'http://scim.example.com';

const hex = (n: number): string => n.toString(16).padStart(12, '0');
export const userId = (n: number): string => `00000000-0000-7000-8000-${hex(n)}`;
export const groupId = (n: number): string => `00000000-0000-7000-9000-${hex(n)}`;
export const userName = (n: number): string => `user${String(n).padStart(8, '0')}@example.com`;
export const externalId = (n: number): string => `00u${String(n).padStart(17, 'a')}`;

/** The group with every user; of 10 from `TENS` on; one with nobody, the last. */
export const EVERYBODY = 1;
const HUNDREDS = 20;
export const TENS = HUNDREDS + 1;
/** Members of the groups between. */
export const LARGE_SIZE = 300;

const GIVEN = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Donald', 'Frances', 'Alan', 'Hedy', 'John', 'Radia'];
const FAMILY = [
  'Lovelace',
  'Hopper',
  'Dijkstra',
  'Liskov',
  'Knuth',
  'Allen',
  'Turing',
  'Lamarr',
  'Backus',
  'Perlman',
];

/** As SQL, for the seed: the names in the order of `document`. */
export const NAMES = { given: GIVEN, family: FAMILY };

const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** The body by which an identity provider makes a user. */
export function document(n: number, name = userName(n), external = externalId(n), title = 'Engineer') {
  const givenName = GIVEN[n % 10];
  const familyName = `${FAMILY[Math.floor(n / 10) % 10]} ${n % 1000}`;
  return {
    schemas: [CORE, ENTERPRISE],
    userName: name,
    name: { givenName, familyName },
    displayName: `${givenName} ${familyName}`,
    title,
    locale: 'en-US',
    active: true,
    emails: [{ value: name, type: 'work', primary: true }],
    phoneNumbers: [{ value: `+1 555 ${String(n).padStart(8, '0')}`, type: 'work' }],
    externalId: external,
    [ENTERPRISE]: { employeeNumber: String(n), department: `Department ${n % 100}` },
  };
}
