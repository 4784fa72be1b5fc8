import { ScimError } from '../../src/scim/errors.ts';

/** The refusal that an operation ends with; anything else it ends with fails the test. */
export async function refusal(operation: Promise<unknown>): Promise<ScimError> {
  try {
    await operation;
  } catch (error) {
    if (error instanceof ScimError) return error;
    throw error;
  }
  throw new Error('the operation was not refused');
}
