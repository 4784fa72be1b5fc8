/** Commands about how a tenant's directory becomes accounts, organizations and roles. */
import { readFileSync } from 'node:fs';
import { adminPath } from './adminPath.ts';
import { CommandError } from './commandError.ts';
import type { Command } from './commands.ts';

const path = (slug: string | undefined) => adminPath('tenants', slug, 'provisioning');

/** Settings are nested, so that JSON is what a person reads, too. */
const print = (settings: object) => JSON.stringify(settings, null, 2);

export const PROVISIONING_COMMANDS: readonly Command[] = [
  {
    name: 'provisioning show',
    words: ['tenant'],
    summary: 'show how the directory becomes accounts, organizations and roles',
    options: {},
    run: ({ words: [slug], admin }) => admin().request<object>('GET', path(slug)),
    print,
  },
  {
    name: 'provisioning set',
    words: ['tenant'],
    summary: 'change the settings that a file gives; the others stay',
    options: {
      file: { type: 'string', value: 'settings.json', help: 'settings as in docs/provisioning.md' },
    },
    async run({ words: [slug], options: { file }, admin }) {
      if (typeof file !== 'string')
        throw new CommandError('Say where the settings are: --file settings.json', 2);
      return admin().request<object>('PATCH', path(slug), readSettings(file));
    },
    print,
  },
];

function readSettings(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is no JSON' : 'cannot be read';
    throw new CommandError(`${file} ${why}: ${(error as Error).message}`);
  }
}
