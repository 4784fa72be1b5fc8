/** What a person sees when the server has started. */
export interface BannerFacts {
  readonly localUrl: string;
  readonly publicUrl: string | undefined;
  readonly dataDir: string;
  readonly embedded: boolean;
  /** How the command line is called from here. */
  readonly command: string;
  /** The tenant and token of a first start. */
  readonly first: { readonly slug: string; readonly token: string; readonly expiresAt: Date } | undefined;
  /** Given when nobody has seen it yet. */
  readonly adminToken: { readonly token: string; readonly file: string | undefined } | undefined;
}

/** @returns plain text, with an empty line before and after. */
export function banner(facts: BannerFacts): string {
  const { localUrl, publicUrl, first, adminToken } = facts;
  const lines = ['', 'Rollcall is ready.', '', row('SCIM base URL', `${publicUrl ?? localUrl}/scim/v2`)];
  if (first !== undefined) {
    lines.push(
      row('Token', first.token),
      row(
        '',
        `of tenant "${first.slug}", until ${first.expiresAt.toISOString().slice(0, 10)}; it is not shown again`,
      ),
    );
  }
  if (adminToken !== undefined) {
    const { token, file } = adminToken;
    lines.push(
      row('Admin token', token),
      row(
        '',
        file === undefined
          ? 'until the next start: DATA_DIR cannot be written, so set ADMIN_TOKEN'
          : `kept in ${file}; it is not shown again`,
      ),
    );
  }
  lines.push('');
  if (first !== undefined) {
    lines.push('Try it:', `  curl -H "Authorization: Bearer ${first.token}" "${localUrl}/scim/v2/Users"`, '');
  }
  lines.push('Another token:', `  ${facts.command} token create default --name okta`, '');
  if (facts.embedded) {
    lines.push(
      `This is the embedded database in ${facts.dataDir}, which is for trying out: it takes one process and is not`,
      'safe against a power cut. Set DATABASE_URL to a PostgreSQL server for real use.',
      '',
    );
  }
  return `${lines.join('\n')}\n`;
}

const row = (name: string, value: string) => `  ${name.padEnd(15)}${value}`;
