/** What processes have used so far, read from /proc: NaN where there is none. */
import { readdirSync, readFileSync } from 'node:fs';

export interface Usage {
  /** Of the processor, in ms, at a resolution of 10 ms. */
  readonly cpu: number;
  /** Bytes. */
  readonly resident: number;
}

/** Clock ticks a second: 100 on every Linux that Node.js runs on. */
const TICK_MS = 10;
const PAGE = 4096;

interface Stat {
  readonly parent: number;
  readonly own: number;
  /** Of children that have ended. */
  readonly ended: number;
  readonly pages: number;
}

export function processUsage(pid: number): Usage {
  const stat = read(pid);
  return stat ? { cpu: stat.own, resident: stat.pages * PAGE } : { cpu: Number.NaN, resident: Number.NaN };
}

/** The processor time, in ms, of a process and of all its children, those that have ended included. */
export function treeCpu(pid: number): number {
  const root = read(pid);
  if (!root) return Number.NaN;
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => read(Number(name)) ?? [])
    .filter(({ parent }) => parent === pid);
  return children.reduce((sum, { own }) => sum + own, root.own + root.ended);
}

/** The parent of a process; undefined where it is not known. */
export const parentOf = (pid: number): number | undefined => read(pid)?.parent;

function read(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold spaces; the third field is the first after it.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
    return {
      parent: fields[1] ?? 0,
      own: (user + system) * TICK_MS,
      ended: (endedUser + endedSystem) * TICK_MS,
      pages: fields[21] ?? 0,
    };
  } catch {
    return undefined;
  }
}
