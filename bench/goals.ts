/** What is to be reached, as the project has set it. */
export interface Goal {
  /** Of a scenario, or of a further measurement. */
  readonly name: string;
  readonly title: string;
  /** At least this, or at most this. */
  readonly least?: number;
  readonly most?: number;
  readonly unit: 'ratio' | 'MB' | 's';
}

const ratio = (least: number, ...names: readonly string[]): Goal[] =>
  names.map((name) => ({ name, title: 'requests/s to those of the bare handler', least, unit: 'ratio' }));

export const GOALS: readonly Goal[] = [
  ...ratio(0.75, 'look-up-username', 'look-up-external-id', 'look-up-email', 'get-user'),
  ...ratio(0.6, 'create-user', 'put-user', 'patch-active'),
  {
    name: 'large-to-small-group',
    title: 'time to change one member of the group of everybody, to that in a group of 10',
    most: 1.3,
    unit: 'ratio',
  },
  {
    name: 'members-10000-to-sql',
    title: '10,000 members in one PATCH, to the bare statement',
    most: 2,
    unit: 'ratio',
  },
  {
    name: 'last-to-first-page',
    title: 'last page of a walk by startIndex, to the first',
    most: 1.5,
    unit: 'ratio',
  },
  {
    name: 'last-to-first-page-cursor',
    title: 'last page of a walk by cursor, to the first',
    most: 1.5,
    unit: 'ratio',
  },
  {
    name: 'large-group-memory',
    title: 'memory above idle while 4 clients read the large group',
    most: 50,
    unit: 'MB',
  },
  { name: 'memory', title: 'resident memory under load', most: 200, unit: 'MB' },
  { name: 'start', title: 'start with a migrated database', most: 1, unit: 's' },
  {
    name: 'look-up-among-writes',
    title: 'p99 of a userName look-up under a full write load, to its p50',
    most: 5,
    unit: 'ratio',
  },
];
