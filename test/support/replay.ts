/** The conversations in test/idp/conversations, and holding one with a server. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Conversation, type Memory, readConversation, type Step, takeStep } from './conversation.ts';
import { projectRoot } from './project.ts';
import type { ServedTenant } from './server.ts';

const folder = join(projectRoot, 'test/idp/conversations');
const schemas = join(projectRoot, 'schemas');

/** The text of every schema: what the names in a conversation are held against. */
export const declared = readdirSync(schemas)
  .filter((name) => name.endsWith('.json'))
  .map((name) => readFileSync(join(schemas, name), 'utf8'))
  .join('');

/** The names of all conversations, each fit for a tenant's slug. */
export const conversationNames = readdirSync(folder)
  .map((file) => file.replace(/\.json$/, ''))
  .sort();

export function openConversation(name: string): Conversation {
  return readConversation(readFileSync(join(folder, `${name}.json`), 'utf8'), declared);
}

interface Test {
  same(found: unknown, wanted: unknown, message: string, extra: object): boolean;
}

/**
 * Every step is an assertion that bears its name.
 * @param meaning what the application sees, where that is to be compared
 */
export async function replay(
  t: Test,
  tenant: ServedTenant,
  conversation: Conversation,
  meaning?: () => Promise<Step['means']>,
): Promise<void> {
  let memory: Memory = { token: tenant.token };
  for (const step of conversation.steps) {
    const outcome = await takeStep(tenant, conversation, step, memory);
    t.same(
      outcome.problems,
      [],
      step.name,
      outcome.problems.length > 0 ? { exchange: outcome.exchange } : {},
    );
    memory = outcome.memory;
    if (step.means && meaning) t.same(await meaning(), step.means, `${step.name}: what it means`, {});
  }
}
