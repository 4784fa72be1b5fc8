/** What accompanies the acceptance of one request's values. */
import { invalidSyntax } from '../errors.ts';
import type { Leniency } from '../tolerance.ts';

/** An attribute that a client sent and no schema declares: its name and JSON type, never its value. */
export interface Undeclared {
  readonly name: string;
  readonly type: string;
}

export interface Intake {
  readonly leniency: Leniency;
  /** Notes an attribute that no schema declares. @throws ScimError invalidSyntax in strict mode */
  undeclared(name: string, value: unknown): void;
  readonly noted: readonly Undeclared[];
}

const LONGEST_NAME = 200;

export function createIntake(leniency: Leniency): Intake {
  const noted: Undeclared[] = [];
  return {
    leniency,
    noted,
    undeclared(name, value) {
      // D4-15, C7.04
      if (!leniency.use('attribute-undeclared')) {
        throw invalidSyntax(`The attribute "${name}" is not declared in any schema.`);
      }
      const type = Array.isArray(value)
        ? 'array'
        : value === null || value === undefined
          ? 'null'
          : typeof value;
      noted.push({ name: name.slice(0, LONGEST_NAME), type });
    },
  };
}
