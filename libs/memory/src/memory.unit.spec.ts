import { documentStoreContract } from '@clatter/ports/contract';
import { ManualClock } from './clock.ts';
import { freeHost } from './host.ts';
import { MemoryStore } from './store.ts';

documentStoreContract('memory', async () => ({ store: new MemoryStore(freeHost('one', new ManualClock())), close: async () => {} }));
