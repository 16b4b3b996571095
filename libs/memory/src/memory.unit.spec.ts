import { documentStoreContract, eventLogContract } from '@clatter/ports/contract';
import { ManualClock } from './clock.ts';
import { MemoryCluster } from './cluster.ts';
import { freeHost } from './host.ts';
import { MemoryStore } from './store.ts';

documentStoreContract('memory', async () => ({ store: new MemoryStore(freeHost('one', new ManualClock())), close: async () => {} }));

eventLogContract('memory', async () => {
  const log = new MemoryCluster().log(freeHost('one', new ManualClock()));
  return { log, sharedGroups: true, close: () => log.close() };
});
