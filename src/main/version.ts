import { readFileSync } from 'node:fs';
import { packagePath } from './packagePath.ts';

/** Of this program, e.g. `1.2.0`. */
export function version(): string {
  return (JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { version: string }).version;
}
