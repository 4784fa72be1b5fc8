/** Resource types and their schemas (RFC 7643 §6, §7). */
import type { Attribute, AttributeDefinition } from './attribute.ts';

/** A schema as `schemas/*.json` spells it. */
export interface SchemaDefinition {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly AttributeDefinition[];
}

/** A resource type as `schemas/resource-types.json` spells it. */
export interface ResourceTypeDefinition {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly endpoint: string;
  readonly schema: string;
  readonly schemaExtensions: readonly { readonly schema: string; readonly required: boolean }[];
}

/** An extension schema in a resource type: its attributes live in a container named by the URN (RFC 7643 §3.3). */
export interface Extension {
  readonly id: string;
  readonly required: boolean;
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export interface ResourceType {
  readonly name: string;
  /** `/Users`: relative to the base URL. */
  readonly endpoint: string;
  /** URN of the base schema. */
  readonly schema: string;
  /** Common and base attributes by lower-cased name, in the order in which they are shown. */
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Extensions by lower-cased URN: URNs compare without regard to case (RFC 7644 §3.10). */
  readonly extensions: ReadonlyMap<string, Extension>;
  /** The attribute by whose value a resource is known and unique within its type, if there is one. */
  readonly keyAttribute: Attribute | undefined;
  /**
   * Where the tenant synchronises only a part of it: the type with all that is declared. What it has more is accepted,
   * and neither kept nor shown.
   */
  readonly whole: ResourceType | undefined;
  /** What a resource must have to be created, beside what the schemas require of it at all times. */
  readonly requiredOnCreate: readonly Attribute[];
}
