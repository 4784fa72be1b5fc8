/** Says before an identity provider goes live what would become of the accounts that are there. */
import type { Verdict } from '../provisioning/preflight.ts';
import type { Judged, PreflightStore, ShownAccount, Some } from '../store/preflight.ts';
import { type Batch, batchesOf, type FileContext } from './import/batches.ts';
import { type Failure, failureOf } from './import/failure.ts';

export interface PreflightContext extends FileContext {
  readonly preflights: PreflightStore;
}

interface Example {
  readonly line: number;
  readonly userName: unknown;
  /** The account that it is about, where there is one. */
  readonly accountId?: string | null;
  readonly reason: string;
}

interface PreflightReport {
  readonly lines: number;
  readonly errors: number;
  readonly matched: Some<Example>;
  readonly doubled: Some<Example>;
  readonly rejected: Some<Example>;
  /** Who would be created, and is nobody that is known. */
  readonly new: { readonly count: number };
  readonly orphaned: Some<ShownAccount>;
  readonly seconds: number;
}

export type PreflightMessage =
  | { readonly progress: Batch['progress'] }
  | { readonly line: number; readonly error: string }
  | { readonly report: PreflightReport }
  | Failure;

const MOST_TOLD = 1_000;
const EXAMPLES = 100;
const PROGRESS_EVERY_MS = 1_000;

const REASONS = {
  userName: 'The userName is the same.',
  externalId: 'The externalId is the same; a provider that looks for people by it finds the account.',
  email: 'The e-mail address is the same, in a verified domain.',
  return: 'The account was deactivated when its user was deleted, and comes back.',
} as const;

/** Reads the identity provider's list and reports; accounts and resources are not changed. */
export async function* preflightReport(
  context: PreflightContext,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<PreflightMessage> {
  const { preflights, tenantId, type, now } = context;
  const run = { id: context.newId(), at: now() };
  const began = run.at.getTime();
  const found = { matched: sum(), doubled: sum(), rejected: sum(), new: sum() };
  let progressAt = began;
  let [read, errorCount, open] = [0, 0, 1];
  try {
    await preflights.learn();
    for await (const { lines, errors, progress } of batchesOf(context, source)) {
      read = progress.lines;
      for (const error of errors) if ((errorCount += 1) <= MOST_TOLD) yield error;
      if (lines.length > 0) {
        open = lines[0]?.line ?? open;
        for (const judged of await preflights.judge(tenantId, run, type, lines)) add(found, judged);
      }
      if (now().getTime() - progressAt < PROGRESS_EVERY_MS) continue;
      progressAt = now().getTime();
      yield { progress };
    }
    await preflights.learn();
    const orphaned = await preflights.orphaned(tenantId, run);
    const { new: fresh, ...others } = found;
    const seconds = (now().getTime() - began) / 1000;
    yield {
      report: { lines: read, errors: errorCount, ...others, new: { count: fresh.count }, orphaned, seconds },
    };
  } catch (error) {
    yield failureOf(error, open, 'Then ask for the report again.', context.onFault);
  } finally {
    await preflights.end(tenantId, run).catch(context.onFault);
  }
}

interface Sum {
  count: number;
  readonly examples: Example[];
}

const sum = (): Sum => ({ count: 0, examples: [] });

function add(found: Record<Verdict['kind'], Sum>, { line, verdict }: Judged): void {
  const category = found[verdict.kind];
  category.count += 1;
  if (verdict.kind === 'new' || category.examples.length >= EXAMPLES) return;
  const resident = verdict.kind === 'doubled' ? undefined : verdict.resident;
  category.examples.push({
    line: line.line,
    userName: line.document['userName'],
    ...(resident ? { accountId: resident.accountId } : {}),
    reason: verdict.kind === 'matched' ? REASONS[verdict.by] : verdict.reason,
  });
}
