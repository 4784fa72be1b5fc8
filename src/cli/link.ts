/** Commands about which organization a group leads to. */
import type { AdminClient } from './adminClient.ts';
import { adminPath } from './adminPath.ts';
import { CommandError } from './commandError.ts';
import type { Command } from './commands.ts';
import { more, PAGE_OPTIONS, pageQuery } from './paging.ts';
import { table } from './table.ts';

interface Group {
  readonly groupId: string;
  readonly displayName: string | null;
  readonly byHand: boolean;
  readonly links: readonly {
    readonly organizationId: string;
    readonly organization: string;
    readonly role: string | null;
  }[];
}

export const LINK_COMMANDS: readonly Command[] = [
  {
    name: 'link list',
    words: ['tenant'],
    summary: 'list the groups and the organizations they lead to',
    options: PAGE_OPTIONS,
    run: ({ words: [slug], options, admin }) =>
      admin().request('GET', `${adminPath('tenants', slug, 'links')}${pageQuery(options)}`),
    print: ({ groups, next }: { groups: readonly Group[]; next?: string }) =>
      [
        table(
          ['GROUP', 'NAME', 'ORGANIZATION', 'NAME', 'ROLE', 'BY HAND'],
          groups.flatMap(({ groupId, displayName, byHand, links }) =>
            (links.length === 0 ? [undefined] : links).map((link) => [
              groupId,
              displayName ?? '',
              link?.organizationId ?? '',
              link?.organization ?? '',
              link?.role ?? '',
              byHand ? 'yes' : 'no',
            ]),
          ),
        ),
        ...more(next),
      ].join('\n'),
  },
  {
    name: 'link set',
    words: ['tenant', 'group', 'organization'],
    summary: 'lead a group (by its id) to an organization (by its id or name), in the place of the mapping',
    options: {
      role: { type: 'string', value: 'name', help: 'the role that members of the group have there' },
    },
    async run({ words: [slug, group, organization = ''], options: { role = null }, admin }) {
      const client = admin();
      const id = await organizationId(client, slug, organization);
      return client.request('PUT', adminPath('tenants', slug, 'links', group, id), { role });
    },
    print,
  },
  {
    name: 'link remove',
    words: ['tenant', 'group'],
    summary: 'give a group back to the mapping, or end one of its links',
    options: {
      organization: {
        type: 'string',
        value: 'id',
        help: 'end only the link to this one (by its id or name)',
      },
    },
    async run({ words: [slug, group], options: { organization }, admin }) {
      const client = admin();
      const path = ['tenants', slug, 'links', group];
      if (typeof organization === 'string') path.push(await organizationId(client, slug, organization));
      return client.request('DELETE', adminPath(...path));
    },
    print,
  },
];

async function organizationId(client: AdminClient, slug: string | undefined, given: string): Promise<string> {
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(given)) return given;
  const path = `${adminPath('tenants', slug, 'organizations')}?name=${encodeURIComponent(given)}`;
  const { organizations } = await client.request<{ organizations: readonly { id: string }[] }>('GET', path);
  const [found, ...others] = organizations;
  if (found && others.length === 0) return found.id;
  throw new CommandError(
    found
      ? `Several organizations are called "${given}": say which by its id, ${organizations.map(({ id }) => id).join(' or ')}.`
      : `There is no organization called "${given}": say which by its id, or make it first.`,
  );
}

function print({ groupId, displayName, byHand, links }: Group): string {
  const places = links.map(
    ({ organization, role }) => `"${organization}"${role === null ? '' : ` as ${role}`}`,
  );
  const where = places.length === 0 ? 'to no organization' : `to ${places.join(' and ')}`;
  return `Group "${displayName ?? groupId}" leads ${where}, ${byHand ? 'by hand' : 'by the mapping'}.`;
}
