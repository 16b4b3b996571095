import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documentStoreContract } from '@clatter/ports/contract';
import { openSqliteStore } from './store.sqlite.ts';

for (const durable of [false, true]) {
  documentStoreContract(`SQLite, ${durable ? 'durable' : 'rebuildable'}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'clatter-store-'));
    const store = openSqliteStore({ path: join(folder, 'store.sqlite'), durable });
    return {
      store,
      close: async () => {
        await store.close();
        rmSync(folder, { recursive: true });
      },
    };
  });
}
