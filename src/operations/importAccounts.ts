/** Takes in accounts that existed before the identity provider was connected, from a file of any size. */
import type { Conflict } from '../provisioning/importing.ts';
import type { ImportLine, ImportOutcome, ImportStore } from '../store/importAccounts.ts';
import { type Batch, batchesOf, type FileContext } from './import/batches.ts';
import { type Failure, failureOf } from './import/failure.ts';

export interface ImportContext extends FileContext {
  readonly imports: ImportStore;
  /** Whether it is only asked what would happen. */
  readonly dryRun: boolean;
}

/** What is told while an import runs; the last one is a report, or says why there is none. */
export type ImportMessage =
  | { readonly progress: Batch['progress'] }
  | { readonly line: number; readonly error: string }
  | { readonly line: number; readonly conflict: string }
  | { readonly report: ImportReport }
  | Failure;

interface ImportReport {
  readonly lines: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly conflicts: number;
  readonly errors: number;
  readonly dryRun: boolean;
  readonly seconds: number;
}

/** Errors, and conflicts, that are told one by one; more are only counted. */
const MOST_TOLD = 1_000;
const PROGRESS_EVERY_MS = 1_000;
const AGAIN = 'Run the same import again: what is done already is found unchanged.';

/**
 * Imports a file, each batch as one transaction: what is committed stays when it fails, and is found unchanged when it
 * is run again. Where a userName comes again in a later batch, the later line counts.
 */
export async function* importAccounts(
  context: ImportContext,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<ImportMessage> {
  const { type, imports, tenantId, dryRun, requestId, now, newId } = context;
  const began = now().getTime();
  const counts = { lines: 0, created: 0, updated: 0, unchanged: 0, conflicts: 0, errors: 0 };
  let progressAt = began;
  let learnAt = 1_000;
  let open = 1;
  try {
    for await (const { lines, errors, progress } of batchesOf(context, source)) {
      counts.lines = progress.lines;
      for (const error of errors) if ((counts.errors += 1) <= MOST_TOLD) yield error;
      if (lines.length > 0) {
        open = lines[0]?.line ?? open;
        const outcome = await imports.import(tenantId, { type, lines, dryRun, requestId, at: now(), newId });
        open = (lines.at(-1)?.line ?? 0) + 1;
        counts.created += outcome.created;
        counts.updated += outcome.updated;
        if (!dryRun && counts.created >= learnAt) {
          learnAt *= 10;
          await imports.learn();
        }
        counts.unchanged += outcome.unchanged;
        for (const conflict of inOrder(outcome))
          if ((counts.conflicts += 1) <= MOST_TOLD) yield describe(conflict);
      }
      if (now().getTime() - progressAt < PROGRESS_EVERY_MS) continue;
      progressAt = now().getTime();
      yield { progress };
    }
    yield { report: { ...counts, dryRun, seconds: (now().getTime() - began) / 1000 } };
  } catch (error) {
    yield failureOf(error, open, AGAIN, context.onFault);
  }
}

type Told = ImportOutcome['conflicts'][number];

function inOrder({ conflicts }: ImportOutcome): readonly Told[] {
  return [...conflicts].sort((left, right) => left.line.line - right.line.line);
}

function describe({ line, conflict }: Told): ImportMessage {
  return { line: line.line, conflict: sentenceOf(line, conflict) };
}

function sentenceOf({ document, applicationId }: ImportLine, conflict: Conflict): string {
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
