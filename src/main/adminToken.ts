import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The admin token, and where it came from. */
export interface AdminToken {
  readonly token: string;
  /** The file that keeps it; none when it was given, or cannot be kept. */
  readonly file: string | undefined;
  /** Whether it was made just now, so that nobody has seen it yet. */
  readonly isNew: boolean;
}

/** The token that was given, else the one that DATA_DIR keeps, else a new one, which is then kept there. */
export function adminTokenOf(given: string | undefined, dataDir: string): AdminToken {
  if (given !== undefined) return { token: given, file: undefined, isNew: false };
  const kept = readAdminToken(dataDir);
  const file = adminTokenFile(dataDir);
  if (kept !== undefined) return { token: kept, file, isNew: false };
  const token = randomBytes(32).toString('base64url');
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(draft, `${token}\n`, { mode: 0o600 });
  } catch {
    return { token, file: undefined, isNew: true };
  }
  try {
    // Whole or not at all, and never over one that another server has just made.
    linkSync(draft, file);
    return { token, file, isNew: true };
  } catch {
    const theirs = readAdminToken(dataDir);
    return theirs === undefined
      ? { token, file: undefined, isNew: true }
      : { token: theirs, file, isNew: false };
  } finally {
    rmSync(draft, { force: true });
  }
}

/** @returns the token that DATA_DIR keeps, if any. */
export function readAdminToken(dataDir: string): string | undefined {
  try {
    return readFileSync(adminTokenFile(dataDir), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

export const adminTokenFile = (dataDir: string): string => join(dataDir, 'admin-token');
