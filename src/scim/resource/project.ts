/** From a resource to what a client is shown of it (RFC 7643 §2.2 returned, RFC 7644 §3.9). */
import type { Attribute } from '../schema/attribute.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import { isGroups, isMembers } from '../schema/storage.ts';
import { declaredOnly } from './declared.ts';
import { type Document, isObject, readAttribute } from './document.ts';
import { ManyMembers, MEMBER_FIELDS } from './manyMembers.ts';
import type { Resource } from './resource.ts';
import { type Selection, selects } from './selection.ts';

/** What is shown of a resource type under a selection: the same for every resource of a list. */
interface Shown {
  readonly attributes: readonly Attribute[];
  readonly extensions: readonly { readonly id: string; readonly attributes: readonly Attribute[] }[];
  readonly meta: Attribute | undefined;
}

const known = new WeakMap<Selection, WeakMap<ResourceType, Shown>>();

function planOf(type: ResourceType, selection: Selection): Shown {
  let byType = known.get(selection);
  if (!byType) known.set(selection, (byType = new WeakMap()));
  let shown = byType.get(type);
  if (!shown) {
    const own = new Set(['schemas', 'id', 'meta']);
    const selected = (attributes: Iterable<Attribute>): Attribute[] =>
      [...attributes].filter((attribute) => selects(selection, attribute));
    const meta = type.attributes.get('meta');
    shown = {
      attributes: selected(type.attributes.values()).filter(({ key }) => !own.has(key)),
      extensions: [...type.extensions.values()].map(({ id, attributes }) => ({
        id,
        attributes: selected(attributes.values()),
      })),
      meta: meta && selects(selection, meta) ? meta : undefined,
    };
    byType.set(type, shown);
  }
  return shown;
}

/**
 * The representation of a resource: `schemas` and `id` first, `meta` last, the rest in the order of the schemas. Members
 * that are too many are not in it: ManyMembers stands for them.
 * @param baseUrl of the SCIM endpoints, without a slash at its end; for `meta.location` and `$ref`
 */
export function project(
  type: ResourceType,
  given: Resource,
  selection: Selection,
  baseUrl: string,
): Document {
  const resource = type.whole ? { ...given, document: declaredOnly(type, given.document) } : given;
  const { document } = resource;
  const { attributes, extensions, meta } = planOf(type, selection);
  const shown: Record<string, unknown> = { schemas: schemasOf(type, document), id: resource.id };
  for (const attribute of attributes) {
    const value =
      isMembers(attribute) && resource.members === 'many'
        ? manyMembers(attribute, resource.id, selection)
        : reduce(attribute, valueOf(attribute, resource, baseUrl), selection);
    if (value !== undefined) shown[attribute.name] = value;
  }
  for (const extension of extensions) {
    if (document[extension.id] === undefined) continue;
    const container: Record<string, unknown> = {};
    for (const attribute of extension.attributes) {
      const value = reduce(attribute, readAttribute(document, attribute), selection);
      if (value !== undefined) container[attribute.name] = value;
    }
    if (Object.keys(container).length > 0) shown[extension.id] = container;
  }
  if (meta) shown['meta'] = reduce(meta, metaOf(type, resource, baseUrl), selection);
  return shown;
}

/** The canonical URI of a resource, as `meta.location` and `Location` carry it (A1.11). */
export function locationOf(type: ResourceType, id: string, baseUrl: string): string {
  return `${baseUrl}${type.endpoint}/${id}`;
}

/** The entity tag, the same in `ETag` and `meta.version` (A1.12, B11.05). */
export function versionTag(version: number): string {
  return `W/"${version}"`;
}

// B4.56: the schemas in use, whatever is projected.
function schemasOf(type: ResourceType, document: Document): string[] {
  const urns = [type.schema];
  for (const { id } of type.extensions.values()) if (document[id] !== undefined) urns.push(id);
  return urns;
}

function metaOf(type: ResourceType, resource: Resource, baseUrl: string): Document {
  return {
    resourceType: type.name,
    created: resource.created.toISOString(),
    lastModified: resource.lastModified.toISOString(),
    location: locationOf(type, resource.id, baseUrl),
    version: versionTag(resource.version),
  };
}

function valueOf(attribute: Attribute, resource: Resource, baseUrl: string): unknown {
  if (isMembers(attribute)) {
    // Too many of them are no matter of this function.
    return resource.members === 'many'
      ? undefined
      : resource.members?.map(({ id, type, display }) => ({
          value: id,
          $ref: `${baseUrl}${type.endpoint}/${id}`,
          type: type.name,
          ...(display === undefined ? {} : { display }),
        }));
  }
  if (isGroups(attribute)) {
    return resource.groups?.map(({ id, type, display, direct }) => ({
      value: id,
      $ref: `${baseUrl}${type.endpoint}/${id}`,
      ...(display === undefined ? {} : { display }),
      type: direct ? 'direct' : 'indirect',
    }));
  }
  return readAttribute(resource.document, attribute);
}

/** The value with only the sub-attributes that are to be shown; undefined when nothing is left of it. */
function reduce(attribute: Attribute, value: unknown, selection: Selection): unknown {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return undefined;
  if (attribute.type !== 'complex') return value;
  const subs = shownOf(attribute, selection);
  if (subs === 'all') return value;
  const keep = (element: unknown): Document | undefined => {
    if (!isObject(element)) return undefined;
    const kept: Record<string, unknown> = {};
    for (const { name } of subs) {
      if (element[name] !== undefined) kept[name] = element[name];
    }
    return Object.keys(kept).length > 0 ? kept : undefined;
  };
  if (!Array.isArray(value)) return keep(value);
  // B4.53: an element left empty is dropped.
  const elements = value.map(keep).filter((element) => element !== undefined);
  return elements.length > 0 ? elements : undefined;
}

/** The sub-attributes that are to be shown, in the order of the schema. */
function shownOf(attribute: Attribute, selection: Selection): 'all' | readonly Attribute[] {
  const subs = selection.named.get(attribute);
  if ((subs === undefined || subs === 'all') && !hasHiddenParts(attribute)) return 'all';
  return [...attribute.subAttributes.values()].filter((sub) => {
    if (sub.returned === 'always') return true;
    if (sub.returned === 'never') return false;
    const named = subs !== undefined && subs !== 'all' && subs.has(sub);
    if (selection.kind === 'only') return named || (subs === 'all' && sub.returned === 'default');
    return sub.returned === 'default' && !named;
  });
}

function manyMembers(attribute: Attribute, groupId: string, selection: Selection): ManyMembers | undefined {
  const subs = shownOf(attribute, selection);
  const fields =
    subs === 'all'
      ? MEMBER_FIELDS
      : subs.flatMap(({ name }) => MEMBER_FIELDS.filter((field) => field === name));
  return fields.length > 0 ? new ManyMembers(groupId, fields) : undefined;
}

const hiding = new WeakMap<Attribute, boolean>();

function hasHiddenParts(attribute: Attribute): boolean {
  let hides = hiding.get(attribute);
  if (hides === undefined) hiding.set(attribute, (hides = lookForHiddenParts(attribute)));
  return hides;
}

function lookForHiddenParts(attribute: Attribute): boolean {
  for (const sub of attribute.subAttributes.values()) {
    if (sub.returned === 'never' || sub.returned === 'request') return true;
  }
  return false;
}
