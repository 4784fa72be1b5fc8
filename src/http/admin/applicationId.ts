import { messageReader } from './message.ts';

/** What the application itself calls something. */
export const APPLICATION_ID = {
  type: ['string', 'null'],
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000]*$',
  description: "the application's own id, a text of 1 to 200 characters, or null",
} as const;

/** The body of a PATCH that notes what the application itself calls something. */
export const readApplicationId = messageReader<{ readonly applicationId: string | null }>(
  { applicationId: APPLICATION_ID },
  ['applicationId'],
);
