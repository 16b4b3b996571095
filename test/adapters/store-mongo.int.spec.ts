import { documentStoreContract } from '@clatter/ports/contract';
import { openMongoStore } from '@clatter/store-mongo';
import { startMongo } from '../testbed/mongo.ts';
import { describeOn } from '../testbed/suite.ts';

await describeOn(['mongo'], 'on a real server', () =>
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
  }),
);
