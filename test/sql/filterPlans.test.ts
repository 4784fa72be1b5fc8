import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { projectRoot } from '../support/project.ts';
import { SECTIONS } from './filterPlans.ts';

// What it says of them is measured by `npm run filters-doc`, which takes minutes.
t.test('docs/filters.md has every filter that is measured', async (t) => {
  const page = readFileSync(join(projectRoot, 'docs/filters.md'), 'utf8');
  for (const { title, filters } of SECTIONS) {
    t.ok(page.includes(`\n### ${title}\n`), title);
    for (const filter of filters) t.ok(page.includes(`| \`${filter}\` |`), filter);
  }
});
