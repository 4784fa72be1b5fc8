import { ensureBuilt, ensureInstalled } from './ensure.js';

await ensureInstalled();
await ensureBuilt();
await import('../build/src/main.js');
