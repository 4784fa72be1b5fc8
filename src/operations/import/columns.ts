/** What the columns of a file, or the keys of a line of JSON, mean. */
import { invalidSyntax, invalidValue } from '../../scim/errors.ts';
import { isObject } from '../../scim/resource/document.ts';
import type { Attribute } from '../../scim/schema/attribute.ts';
import { resolve } from '../../scim/schema/resolve.ts';
import type { ResourceType } from '../../scim/schema/resourceType.ts';
import { isDiscarded } from '../../scim/schema/storage.ts';
import type { Leniency } from '../../scim/tolerance.ts';

/** A line on its way to the body of a SCIM resource. */
export interface Draft {
  readonly body: Record<string, unknown>;
  applicationId: string | undefined;
}

export interface Column {
  /** What it is the value of; two columns of one target contradict each other. */
  readonly target: string;
  /** Why a text cannot be its value; undefined where it can. */
  readonly obstacle: string | undefined;
  /** @throws ScimError invalidValue, invalidSyntax */
  put(draft: Draft, value: unknown): void;
}

/** Undefined for a name that means nothing. */
export type Columns = (name: string) => Column | undefined;

const SHORT: ReadonlyMap<string, string> = new Map([
  ['email', 'emails'],
  ['givenname', 'name.givenName'],
  ['familyname', 'name.familyName'],
]);
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
]);
const LONGEST_APPLICATION_ID = 255;

/** The columns that a type has: its attributes by path, and the short names of the usual ones. */
export function columnsOf(type: ResourceType, leniency: Leniency): Columns {
  const known = new Map<string, Column | undefined>();
  return (name) => {
    // Each line of JSON may bring names of its own.
    if (known.size > 1_000) known.clear();
    if (!known.has(name)) known.set(name, columnOf(type, name.trim(), leniency));
    return known.get(name);
  };
}

function columnOf(type: ResourceType, name: string, leniency: Leniency): Column | undefined {
  const lower = name.toLowerCase();
  if (lower === 'applicationid') return APPLICATION_ID;
  if (lower === 'schemas') return whole('schemas', 'it is not needed');
  const resolved = resolve(type, SHORT.get(lower) ?? name, leniency);
  if (!resolved) return undefined;
  if (resolved.kind === 'extension') return whole(resolved.extension.id, 'name its attributes one by one');
  const { attribute, sub } = resolved;
  return attributeColumn(attribute, sub, obstacleOf(attribute, sub));
}

function obstacleOf(attribute: Attribute, sub: Attribute | undefined): string | undefined {
  const leaf = sub ?? attribute;
  if (isDiscarded(attribute)) return 'it cannot be imported';
  if (leaf.mutability === 'readOnly') return 'the server sets it';
  if (sub && attribute.multiValued) return `name it "${attribute.name}", or send JSON`;
  if (leaf.type === 'complex' && !leaf.subAttributes.has('value'))
    return `name its parts, such as "${leaf.path}.${[...leaf.subAttributes.values()][0]?.name}"`;
  return undefined;
}

function attributeColumn(
  attribute: Attribute,
  sub: Attribute | undefined,
  obstacle: string | undefined,
): Column {
  const leaf = sub ?? attribute;
  return {
    target: leaf.path,
    obstacle,
    put({ body }, value) {
      if (sub && attribute.multiValued) throw invalidSyntax(`Give "${attribute.path}", not "${sub.path}".`);
      const container = attribute.extension ? objectIn(body, attribute.extension) : body;
      const holder = sub ? objectIn(container, attribute.name) : container;
      place(holder, leaf, leaf.path, valueOf(leaf, value));
    },
  };
}

function whole(name: string, obstacle: string): Column {
  return {
    target: name,
    obstacle,
    put: ({ body }, value) => {
      if (isObject(value) && isObject(body[name])) Object.assign(body[name], value);
      else body[name] = value;
    },
  };
}

const APPLICATION_ID: Column = {
  target: 'applicationId',
  obstacle: undefined,
  put(draft, value) {
    const text = typeof value === 'number' ? String(value) : value;
    const fits =
      typeof text === 'string' &&
      text.length <= LONGEST_APPLICATION_ID &&
      !text.includes('\0') &&
      text.isWellFormed();
    if (!fits)
      throw invalidValue(`"applicationId" must be a text of 1 to ${LONGEST_APPLICATION_ID} characters.`);
    draft.applicationId = text;
  },
};

function objectIn(holder: Record<string, unknown>, name: string): Record<string, unknown> {
  const found = holder[name];
  if (isObject(found)) return found;
  const made: Record<string, unknown> = {};
  holder[name] = made;
  return made;
}

function place(holder: Record<string, unknown>, { name }: Attribute, path: string, value: unknown): void {
  if (isObject(holder[name]) && isObject(value)) Object.assign(holder[name], value);
  else if (Object.hasOwn(holder, name)) throw invalidSyntax(`The attribute "${path}" is given twice.`);
  else holder[name] = value;
}

/** The value with the types that its attribute has: files know texts alone. */
function valueOf(attribute: Attribute, value: unknown): unknown {
  if (typeof value === 'object') return value;
  if (attribute.multiValued) {
    // An address given by itself is the one to write to.
    const more = attribute.key === 'emails' ? { type: 'work', primary: true } : {};
    return [attribute.type === 'complex' ? { value, ...more } : simpleOf(attribute, value)];
  }
  if (attribute.type === 'complex') return attribute.subAttributes.has('value') ? { value } : value;
  return simpleOf(attribute, value);
}

function simpleOf({ type, path }: Attribute, value: unknown): unknown {
  if (type === 'boolean' && typeof value !== 'boolean') {
    const known = BOOLEANS.get(String(value).trim().toLowerCase());
    if (known === undefined) throw invalidValue(`"${path}" must be true or false, yes or no, 1 or 0.`);
    return known;
  }
  const isNumber = (type === 'integer' || type === 'decimal') && typeof value === 'string';
  return isNumber && /^\s*-?\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : value;
}
