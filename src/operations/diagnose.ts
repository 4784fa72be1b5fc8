/** What is to be seen to in a running installation. */
import type { DatabaseFacts } from '../store/doctor/facts.ts';
import type { Finding } from './diagnose/finding.ts';
import { judgeLoad } from './diagnose/judgeLoad.ts';
import { judgeSchema } from './diagnose/judgeSchema.ts';
import { judgeSetup, type Setup } from './diagnose/judgeSetup.ts';
import { judgeUpkeep } from './diagnose/judgeUpkeep.ts';
import { judgeWork } from './diagnose/judgeWork.ts';

/** Judges what was read of a database, and how its server was started; each check has something to say. */
export function diagnose(facts: DatabaseFacts, setup: Setup): readonly Finding[] {
  return [
    ...judgeSetup(facts, setup),
    ...judgeSchema(facts),
    ...judgeUpkeep(facts),
    ...judgeLoad(facts),
    ...judgeWork(facts),
  ];
}
