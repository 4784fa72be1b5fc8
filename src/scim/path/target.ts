/** What a PATCH path points at (RFC 7644 §3.5.2, grammar PATH). */
import type { BoundFilter } from '../filter/bound.ts';
import type { Attribute } from '../schema/attribute.ts';
import type { Extension } from '../schema/resourceType.ts';

export type Target =
  | { readonly kind: 'attribute'; readonly attribute: Attribute }
  /** `name.givenName`, or the sub-attribute in all elements of a multi-valued attribute. */
  | { readonly kind: 'sub'; readonly attribute: Attribute; readonly sub: Attribute }
  /** `emails[type eq "work"]`, or one sub-attribute of the elements selected. */
  | {
      readonly kind: 'elements';
      readonly attribute: Attribute;
      readonly filter: BoundFilter;
      readonly sub: Attribute | undefined;
      /**
       * The element that the filter describes, with names in lower case and values as the client wrote them, where
       * the filter is a conjunction of `eq`: what is made when a tolerated operation selects nothing.
       */
      readonly described: Readonly<Record<string, unknown>> | undefined;
    }
  | { readonly kind: 'extension'; readonly extension: Extension };

/** How the target is called in messages. */
export function pathOf(target: Target): string {
  switch (target.kind) {
    case 'extension':
      return target.extension.id;
    case 'sub':
      return target.sub.path;
    default:
      return target.attribute.path;
  }
}
