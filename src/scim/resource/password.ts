/** The password of a User: the one attribute that is taken and kept apart from the document (A6.02). */
import { invalidValue } from '../errors.ts';
import type { Attribute } from '../schema/attribute.ts';
import { isDiscarded } from '../schema/storage.ts';
import type { Intake } from './intake.ts';
import { acceptValue } from './value.ts';

/** What a request says of the password, as the client wrote it. */
export interface GivenPassword {
  readonly attribute: Attribute;
  readonly value: unknown;
}

export function isPassword(attribute: Attribute): boolean {
  const { key, type, parent, extension, multiValued } = attribute;
  const isTop = !parent && !extension && !multiValued;
  return key === 'password' && type === 'string' && isTop && isDiscarded(attribute);
}

/**
 * The password that is meant, ready to be hashed; null where it is to be removed.
 * @throws ScimError invalidValue, without the value
 */
export function acceptPassword({ attribute, value }: GivenPassword, intake: Intake): string | null {
  const accepted = acceptValue(attribute, value, intake);
  if (accepted === null) return null;
  const prepared = typeof accepted === 'string' ? opaqueString(accepted) : undefined;
  if (prepared !== undefined) return prepared;
  throw invalidValue(
    `The attribute "${attribute.path}" must be a text that is not empty and holds no control characters.`,
  );
}

// RFC 8264 §9.12, §9.10 and §9.17 forbid them in the FreeformClass; a lone surrogate is no character at all.
const FORBIDDEN = /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/**
 * The text by the OpaqueString profile (RFC 8265 §4.2): any space is U+0020, the rest NFC; case and width stay.
 * @returns undefined for what cannot be a password
 */
function opaqueString(text: string): string | undefined {
  const prepared = text.replace(/\p{Zs}/gu, ' ').normalize('NFC');
  return prepared === '' || FORBIDDEN.test(prepared) ? undefined : prepared;
}
