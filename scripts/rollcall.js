#!/usr/bin/env node
import { ensureBuilt, ensureInstalled } from './ensure.js';

await ensureInstalled();
await ensureBuilt();
await import('../build/src/cli.js');
