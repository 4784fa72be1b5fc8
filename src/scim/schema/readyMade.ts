/** From what clients send beyond the declared to extension schemas that declare it. */
import type { Leniency } from '../tolerance.ts';
import type { AttributeDefinition, AttributeType } from './attribute.ts';
import { isInherited, isSpecial } from './attributeName.ts';
import type { Definitions, Registry } from './registry.ts';
import { resolve } from './resolve.ts';
import type { ResourceType } from './resourceType.ts';
import type { TenantDefinitions, TenantSchema } from './tenantDefinitions.ts';

/** An attribute that was seen, by its name and JSON type. */
export interface Seen {
  readonly resourceType: string;
  readonly name: string;
  readonly type: string;
}

interface Tenant {
  readonly slug: string;
  readonly registry: Registry;
  readonly shipped: Definitions;
  readonly own: TenantDefinitions;
  /** Decides which names the tenant's clients may leave the URN out of. */
  readonly leniency: Leniency;
}

export interface ReadyMade<T> {
  /** What is not declared yet, each with the URN of the schema below that declares it, where one can. */
  readonly undeclared: readonly (T & { readonly schema: string | null })[];
  /** Each can be PUT as it is. */
  readonly schemas: readonly TenantSchema[];
}

const MOST_ATTRIBUTES = 200;
/** `urn:…:2.0:User:colour`: schema and attribute; without a version, the last colon is between them. */
const QUALIFIED = [/^(urn:.*?:\d+(?:\.\d+)*:[^:]+):([^:]+)$/i, /^(urn:.+):([^:]+)$/i];
const URN = /^urn:[a-z0-9][a-z0-9-]{1,31}(?::[a-z0-9._-]+)+$/i;
const PATH = /^([A-Za-z][\w-]{0,99})(\[\])?(?:\.(\$ref|[A-Za-z][\w-]{0,99}))?$/;

/** What was seen of one attribute. */
interface Shape {
  readonly name: string;
  isList: boolean;
  isObject: boolean;
  readonly simple: Set<string>;
  readonly subs: Map<string, Shape>;
}

interface Draft {
  readonly id: string;
  readonly types: Set<string>;
  readonly shapes: Map<string, Shape>;
}

/**
 * Sub-attributes of an attribute of the server's own schemas, and attributes in their containers, cannot be declared
 * by an extension; nor can what was never seen with a value. An attribute sent without a URN is found in an extension
 * by its bare name, so the tenant's own extension may hold it.
 */
export function readyMade<T extends Seen>(tenant: Tenant, seen: readonly T[]): ReadyMade<T> {
  const drafts = new Map<string, Draft>();
  const placed = seen
    .filter((one) => !isDeclared(tenant, one))
    .map((one) => ({ one, draft: place(tenant, one, drafts) }));
  const schemas = new Map<Draft, TenantSchema>();
  for (const draft of drafts.values()) {
    const schema = schemaOf(tenant, draft);
    if (schema) schemas.set(draft, schema);
  }
  return {
    undeclared: placed.map(({ one, draft }) => {
      const schema = draft && schemas.get(draft.draft);
      const holds = schema?.attributes.some(({ name }) => name.toLowerCase() === draft?.key);
      return { ...one, schema: schema && holds ? schema.id : null };
    }),
    schemas: [...schemas.values()],
  };
}

function isDeclared({ registry, leniency }: Tenant, { resourceType, name }: Seen): boolean {
  const type = registry.byName.get(resourceType);
  return type !== undefined && resolve(type, name.replace('[]', ''), leniency) !== undefined;
}

/** Notes the attribute in the schema that is to declare it; undefined where none can. */
function place(
  tenant: Tenant,
  { resourceType, name, type }: Seen,
  drafts: Map<string, Draft>,
): { readonly draft: Draft; readonly key: string } | undefined {
  const resource = tenant.registry.byName.get(resourceType);
  if (!resource) return undefined;
  const { id, path } = holderOf(tenant, resource, name) ?? {};
  const [, attribute, brackets, sub] = PATH.exec(path ?? '') ?? [];
  if (id === undefined || attribute === undefined) return undefined;
  if (isInherited(attribute) || isSpecial(attribute) || isInherited(sub ?? '')) return undefined;
  const key = attribute.toLowerCase();
  let draft = drafts.get(id.toLowerCase());
  if (!draft) drafts.set(id.toLowerCase(), (draft = { id, types: new Set(), shapes: new Map() }));
  draft.types.add(resourceType);
  const shape = shapeIn(draft.shapes, attribute);
  if (brackets) shape.isList = true;
  if (sub === undefined) {
    look(shape, type);
  } else {
    shape.isObject = true;
    look(shapeIn(shape.subs, sub), type);
  }
  return { draft, key };
}

function holderOf(
  { slug, shipped, own }: Tenant,
  type: ResourceType,
  name: string,
): { readonly id: string; readonly path: string } | undefined {
  const fixed = [...shipped.schemas, ...(shipped.optional?.schemas ?? [])].map(({ id }) => id.toLowerCase());
  const lower = name.toLowerCase();
  if (!lower.startsWith('urn:')) {
    const attribute = lower.split(/[.[]/)[0] ?? '';
    const isKnown = [type, ...type.extensions.values()].some(({ attributes }) => attributes.has(attribute));
    const id = `urn:ietf:params:scim:schemas:extension:${slug}:2.0:${type.name}`;
    if (name.includes(':') || (isKnown && !isOwn(own, id, attribute))) return undefined;
    return {
      id: fixed.includes(id.toLowerCase()) ? id.replace(`:${slug}:`, `:${slug}-own:`) : id,
      path: name,
    };
  }
  const declared = own.schemas.find(({ id }) => lower.startsWith(`${id.toLowerCase()}:`));
  if (declared) return { id: declared.id, path: name.slice(declared.id.length + 1) };
  const [, id, path] = QUALIFIED.map((form) => form.exec(name)).find((match) => match !== null) ?? [];
  if (id === undefined || path === undefined || !URN.test(id)) return undefined;
  const isFixed = fixed.some((urn) => urn === id.toLowerCase() || lower.startsWith(`${urn}:`));
  return isFixed || lower.startsWith('urn:ietf:params:scim:api:') ? undefined : { id, path };
}

function isOwn(own: TenantDefinitions, id: string, attribute: string): boolean {
  const schema = own.schemas.find((one) => one.id.toLowerCase() === id.toLowerCase());
  return schema?.attributes.some(({ name }) => name.toLowerCase() === attribute) ?? false;
}

function shapeIn(shapes: Map<string, Shape>, name: string): Shape {
  const key = name.toLowerCase();
  let shape = shapes.get(key);
  if (!shape) {
    shapes.set(key, (shape = { name, isList: false, isObject: false, simple: new Set(), subs: new Map() }));
  }
  return shape;
}

function look(shape: Shape, type: string): void {
  const element = type.replace('[]', '');
  if (type.endsWith('[]') || type === 'array') shape.isList = true;
  if (element === 'object') shape.isObject = true;
  else if (element === 'string' || element === 'number' || element === 'boolean') shape.simple.add(element);
}

function schemaOf({ own }: Tenant, { id, types, shapes }: Draft): TenantSchema | undefined {
  const before = own.schemas.find((schema) => schema.id.toLowerCase() === id.toLowerCase());
  const known = before?.attributes ?? [];
  let room =
    MOST_ATTRIBUTES - known.reduce((sum, { subAttributes = [] }) => sum + 1 + subAttributes.length, 0);
  const fits = (added: number): boolean => added <= room && ((room -= added), true);
  const grown = known.map((attribute) => {
    const shape = shapes.get(attribute.name.toLowerCase());
    if (!shape || attribute.type !== 'complex') return attribute;
    const { subAttributes = [] } = attribute;
    const names = new Set(subAttributes.map(({ name }) => name.toLowerCase()));
    const added = subsOf(shape).filter(({ name }) => !names.has(name.toLowerCase()));
    return added.length > 0 && fits(added.length)
      ? { ...attribute, subAttributes: [...subAttributes, ...added] }
      : attribute;
  });
  const names = new Set(known.map(({ name }) => name.toLowerCase()));
  const added = [...shapes.values()]
    .filter(({ name }) => !names.has(name.toLowerCase()))
    .map(attributeOf)
    .filter((attribute) => attribute !== undefined)
    .filter(({ subAttributes = [] }) => fits(1 + subAttributes.length));
  if (added.length === 0 && grown.every((attribute, index) => attribute === known[index])) return undefined;
  return {
    id: before?.id ?? id,
    name: before?.name ?? id.slice(-100),
    description: before?.description ?? 'Attributes that clients send beyond those of the other schemas.',
    attributes: [...grown, ...added],
    extends: [...new Set([...(before?.extends ?? []), ...types])],
  };
}

function attributeOf(shape: Shape): AttributeDefinition | undefined {
  if (!shape.isObject) return simpleAttribute(shape);
  const subAttributes = subsOf(shape);
  if (subAttributes.length === 0) return undefined;
  return {
    name: shape.name,
    type: 'complex',
    multiValued: shape.isList,
    description: '',
    required: false,
    mutability: 'readWrite',
    returned: 'default',
    subAttributes,
  };
}

/** What was seen, and of a list what RFC 7643 §2.4 lets clients expect: filters in paths select by it. */
function subsOf({ isList, simple, subs }: Shape): AttributeDefinition[] {
  const found = [...subs.values()].filter(({ isObject }) => !isObject).map(simpleAttribute);
  const byRule: AttributeDefinition[] = [];
  if (isList || simple.size > 0) byRule.push(simpleDefinition('value', 'string', false));
  if (isList) {
    byRule.push(simpleDefinition('display', 'string', false), simpleDefinition('type', 'string', false));
    byRule.push(simpleDefinition('primary', 'boolean', false));
  }
  const own = found.filter((attribute) => attribute !== undefined);
  return [...own, ...byRule.filter(({ name }) => !own.some((one) => one.name.toLowerCase() === name))];
}

function simpleAttribute({ name, isList, simple }: Shape): AttributeDefinition | undefined {
  const [only] = simple;
  if (only === undefined) return undefined;
  if (name.toLowerCase() === '$ref') return simpleDefinition(name, 'reference', isList);
  // A text can be made of whatever else was sent (`scalar-as-string`).
  if (simple.size > 1 || only === 'string') return simpleDefinition(name, 'string', isList);
  return simpleDefinition(name, only === 'number' ? 'decimal' : 'boolean', isList);
}

function simpleDefinition(name: string, type: AttributeType, multiValued: boolean): AttributeDefinition {
  return {
    name,
    type,
    multiValued,
    description: '',
    required: false,
    caseExact: type === 'reference',
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...(type === 'reference' ? { referenceTypes: ['uri'] } : {}),
  };
}
