/** Takes in accounts that existed before the identity provider was connected, from a file of any size. */
import type { Conflict } from '../provisioning/importing.ts';
import { ScimError } from '../scim/errors.ts';
import { keyOf } from '../scim/filter/operand.ts';
import { readAttribute } from '../scim/resource/document.ts';
import { createIntake } from '../scim/resource/intake.ts';
import type { Mode } from '../scim/mode.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { createLeniency } from '../scim/tolerance.ts';
import type { ImportLine, ImportOutcome, ImportStore } from '../store/importAccounts.ts';
import { createPeopleReader, type FileFormat, type Person } from './import/people.ts';
import type { Row } from './import/reader.ts';
import { Unreadable } from './import/unreadable.ts';

export interface ImportContext {
  readonly tenantId: string;
  readonly mode: Mode;
  /** User. */
  readonly type: ResourceType;
  readonly imports: ImportStore;
  readonly format: FileFormat;
  /** Whether it is only asked what would happen. */
  readonly dryRun: boolean;
  readonly requestId: string;
  readonly now: () => Date;
  readonly newId: () => string;
  /** Whether the server is about to stop. */
  readonly closing: () => boolean;
  /** Told of what nobody can be told, e.g. a fault of the program. */
  readonly onFault: (error: unknown) => void;
}

/** What is told while an import runs; the last one is a report, or says why there is none. */
export type ImportMessage =
  | { readonly progress: { readonly lines: number; readonly bytes: number } }
  | { readonly line: number; readonly error: string }
  | { readonly line: number; readonly conflict: string }
  | { readonly report: ImportReport }
  | { readonly failed: string; readonly line: number };

export interface ImportReport {
  readonly lines: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly conflicts: number;
  readonly errors: number;
  readonly dryRun: boolean;
  readonly seconds: number;
}

/** Lines that are written as one transaction. */
const BATCH = 1_000;
/** Errors, and conflicts, that are told one by one; more are only counted. */
const MOST_TOLD = 1_000;
const PROGRESS_EVERY_MS = 1_000;
const AGAIN = 'Run the same import again: what is done already is found unchanged.';

/**
 * Imports a file. What is committed stays when it fails, and is found unchanged when it is run again. A userName that
 * comes twice is an error where both lines are of one batch, else the later line counts: remembering every name would
 * take memory that grows with the file.
 */
export async function* importAccounts(
  context: ImportContext,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<ImportMessage> {
  const run = new Run(context);
  try {
    for await (const bytes of source) {
      run.take(bytes);
      while (run.isFull()) yield* await run.flush();
      yield* run.progress();
      if (context.closing()) throw new ScimError(503, undefined, 'The server is being stopped.');
    }
    run.finish();
    while (run.isPending()) yield* await run.flush();
    yield { report: run.report() };
  } catch (error) {
    yield* run.told();
    yield { failed: run.sentenceOf(error), line: run.lineOf(error) };
  }
}

/** One import under way. */
class Run {
  readonly #context: ImportContext;
  readonly #reader;
  readonly #began: number;
  readonly #counts = { lines: 0, created: 0, updated: 0, unchanged: 0, conflicts: 0, errors: 0 };
  #lines: ImportLine[] = [];
  #keys = new Map<string, number>();
  #rows: Row<Person>[] = [];
  #at = 0;
  #told: ImportMessage[] = [];
  #bytes = 0;
  #progressAt: number;
  /** The first line that may not be done. */
  #open = 1;

  constructor(context: ImportContext) {
    this.#context = context;
    this.#reader = createPeopleReader(
      context.format,
      context.type,
      createIntake(createLeniency(context.mode)).of(context.type.name),
    );
    this.#began = context.now().getTime();
    this.#progressAt = this.#began;
  }

  take(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    this.#add(this.#reader.push(bytes));
  }

  finish(): void {
    this.#add(this.#reader.end());
  }

  isFull(): boolean {
    this.#fill();
    return this.#lines.length >= BATCH;
  }

  isPending(): boolean {
    this.#fill();
    return this.#lines.length > 0 || this.#told.length > 0;
  }

  /** Writes the batch. @returns what there is to tell since the last time */
  async flush(): Promise<readonly ImportMessage[]> {
    const lines = this.#lines;
    if (lines.length > 0) {
      this.#open = lines[0]?.line ?? this.#open;
      const { type, imports, tenantId, dryRun, requestId, now, newId } = this.#context;
      this.#count(await imports.import(tenantId, { type, lines, dryRun, requestId, at: now(), newId }));
      this.#open = (lines.at(-1)?.line ?? 0) + 1;
      this.#lines = [];
      this.#keys = new Map();
    }
    return this.told();
  }

  told(): readonly ImportMessage[] {
    const told = this.#told;
    this.#told = [];
    return told;
  }

  progress(): readonly ImportMessage[] {
    const now = this.#context.now().getTime();
    if (now - this.#progressAt < PROGRESS_EVERY_MS) return this.told();
    this.#progressAt = now;
    return [...this.told(), { progress: { lines: this.#counts.lines, bytes: this.#bytes } }];
  }

  report(): ImportReport {
    const { dryRun, now } = this.#context;
    return { ...this.#counts, dryRun, seconds: (now().getTime() - this.#began) / 1000 };
  }

  sentenceOf(error: unknown): string {
    if (error instanceof Unreadable) return `${error.message} ${AGAIN}`;
    if (error instanceof ScimError) return `${error.message} ${AGAIN}`;
    this.#context.onFault(error);
    return `The server failed at this import; its log says why. ${AGAIN}`;
  }

  lineOf(error: unknown): number {
    return error instanceof Unreadable ? error.line : this.#open;
  }

  #add(rows: readonly Row<Person>[]): void {
    this.#rows = this.#at < this.#rows.length ? [...this.#rows.slice(this.#at), ...rows] : [...rows];
    this.#at = 0;
  }

  /** Moves rows into the batch until it is full. */
  #fill(): void {
    while (this.#at < this.#rows.length && this.#lines.length < BATCH) {
      const { line, value, error } = this.#rows[this.#at] as Row<Person>;
      this.#at += 1;
      this.#counts.lines += 1;
      if (value === undefined) this.#err(line, error);
      else this.#put(line, value);
    }
  }

  #put(line: number, { document, applicationId }: Person): void {
    const { keyAttribute } = this.#context.type;
    const name = keyAttribute && readAttribute(document, keyAttribute);
    const key = keyAttribute && typeof name === 'string' ? keyOf(keyAttribute, name) : '';
    const first = this.#keys.get(key);
    if (first !== undefined)
      return this.#err(line, `The userName ${JSON.stringify(name)} is on line ${first} already.`);
    this.#keys.set(key, line);
    this.#lines.push({ line, key, document, applicationId });
  }

  #err(line: number, error: string): void {
    this.#counts.errors += 1;
    if (this.#counts.errors <= MOST_TOLD) this.#told.push({ line, error });
  }

  #count({ created, updated, unchanged, conflicts }: ImportOutcome): void {
    const counts = this.#counts;
    counts.created += created;
    counts.updated += updated;
    counts.unchanged += unchanged;
    for (const { line, conflict } of conflicts.toSorted((left, right) => left.line.line - right.line.line)) {
      counts.conflicts += 1;
      if (counts.conflicts <= MOST_TOLD)
        this.#told.push({ line: line.line, conflict: describe(line, conflict) });
    }
  }
}

function describe({ document, applicationId }: ImportLine, conflict: Conflict): string {
  const userName = JSON.stringify(document['userName']);
  switch (conflict.kind) {
    case 'managed':
      return `The identity provider manages ${userName} by now, as User ${conflict.resourceId}; it is left as it is.`;
    case 'applicationId':
      return `The applicationId ${JSON.stringify(applicationId)} is that of ${JSON.stringify(conflict.userName)}; ${userName} is left out.`;
    case 'held':
      return `That ${userName} was removed waits for a decision: approve or reject it, then import the line again.`;
  }
}
