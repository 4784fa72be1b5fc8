/** The form of provisioning settings. Each `description` completes `"field" must be …`. */
import type { Fields } from './message.ts';

type Form = Fields[string];

const text = (maxLength: number): Form => ({
  type: 'string',
  minLength: 1,
  maxLength,
  pattern: '\\S',
  description: `a text of 1 to ${maxLength} characters`,
});

const list = (items: Form, maxItems: number, description: string): Form => ({
  type: 'array',
  maxItems,
  items,
  description: `a list of at most ${maxItems} ${description}`,
});

const oneOf = (...values: readonly string[]): Form => ({
  enum: values,
  description: values.map((value) => `"${value}"`).join(' or '),
});

const number = (minimum: number, maximum: number, type: 'integer' | 'number' = 'integer'): Form => ({
  type,
  minimum,
  maximum,
  description: `a ${type === 'integer' ? 'whole ' : ''}number from ${minimum} to ${maximum}`,
});

const orNull = ({ description, ...form }: Form): Form => ({
  ...form,
  type: [form['type'], 'null'],
  description: `${description}, or null`,
});

const object = (properties: Fields, required: readonly string[], description: string): Form => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
  description,
});

const rule = object(
  { name: text(200), pattern: text(200), organization: text(200), role: text(100) },
  [],
  'an object with "name" or "pattern", and maybe "organization" and "role"',
);
const role = object(
  { name: text(100), aliases: list(text(100), 50, 'texts') },
  ['name'],
  'an object with "name", and maybe "aliases"',
);

export const PROVISIONING_FORM: Fields = Object.freeze({
  attributes: orNull(list(text(300), 500, 'names of attributes')),
  requiredAttributes: list(text(300), 100, 'names of attributes'),
  admission: orNull(text(4000)),
  organizations: object(
    { rules: list(rule, 1000, 'rules'), unmatched: oneOf('organization', 'none') },
    [],
    'an object with "rules" and "unmatched"',
  ),
  roles: list(role, 100, 'roles, from the weakest to the strongest'),
  defaultRole: orNull(text(100)),
  userRoles: oneOf('ignored', 'defaultOrganization', 'everyOrganization'),
  matching: object(
    {
      userName: oneOf('reject', 'adopt'),
      email: oneOf('reject', 'adopt'),
      deactivated: oneOf('reject', 'reactivate'),
    },
    [],
    'an object with "userName", "email" and "deactivated"',
  ),
  verifiedDomains: list(text(253), 1000, 'domains'),
  brake: orNull(
    object(
      {
        windowMinutes: number(1, 10_080),
        removals: orNull(number(0, 10_000_000)),
        share: orNull(number(0, 100, 'number')),
        expiresAfterHours: orNull(number(1, 8_760)),
        onExpiry: oneOf('apply', 'drop'),
      },
      [],
      'an object with "removals" or "share"',
    ),
  ),
  retentionDays: orNull(number(1, 3_650)),
});
