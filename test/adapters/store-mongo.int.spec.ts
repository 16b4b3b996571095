import { StoreUnavailable } from '@clatter/ports';
import { documentStoreContract } from '@clatter/ports/contract';
import { openMongoStore } from '@clatter/store-mongo';
import { expect, it } from 'vitest';
import { until } from '../flow/harness.ts';
import { startMongo } from '../testbed/mongo.ts';
import { describeOn } from '../testbed/suite.ts';

await describeOn(['mongo'], 'on a real server', () => {
  documentStoreContract('MongoDB', async () => {
    const mongo = await startMongo();
    const store = await openMongoStore({ url: mongo.url, database: `contract${process.pid}` });
    return {
      store,
      close: async () => {
        await store.close();
        await mongo.stop();
      },
    };
  });

  it('a server that is killed while writes are under way: they fail, and what was acknowledged is there when it is back', { timeout: 90_000 }, async ({
    skip,
  }) => {
    const mongo = await startMongo();
    if (!mongo.touchable) return skip('it was given by its address and is not ours to kill');
    const open = () => openMongoStore({ url: mongo.url, database: 'killed' });
    const store = await open();
    const collection = { name: 'documents', indexes: [] };
    await store.ensure([collection]);
    const acknowledged: string[] = [];
    const write = async (writer: number): Promise<unknown> => {
      for (let n = 0; ; n++) {
        const key = `${writer}/${n}`;
        try {
          await store.putMany(collection.name, [{ key, doc: { rev: 1 } }]);
        } catch (error) {
          return error;
        }
        acknowledged.push(key);
      }
    };
    const writers = [0, 1, 2, 3].map(write);
    await until('some are acknowledged', () => acknowledged.length >= 100);
    await mongo.kill();
    for (const error of await Promise.all(writers)) expect(error).toBeInstanceOf(StoreUnavailable);
    await store.close();
    await mongo.restart();
    const again = await open();
    await again.ensure([collection]);
    const found = await again.getMany(collection.name, acknowledged);
    expect(acknowledged.filter((_, i) => found[i] === undefined)).toEqual([]);
    await again.close();
    await mongo.stop();
  });
});
