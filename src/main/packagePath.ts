import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file or folder that the package ships, such as `migrations`: from src/ as well as from build/src/. */
export function packagePath(name: string): string {
  const fromSource = fileURLToPath(new URL(`../../${name}`, import.meta.url));
  return existsSync(fromSource) ? fromSource : fileURLToPath(new URL(`../../../${name}`, import.meta.url));
}
