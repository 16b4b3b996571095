import { encodeCursor } from '@clatter/kernel';
import { syncPage } from '@clatter/messaging';
import { expect, it } from 'vitest';
import { Bed, EVENTS, MARKS } from './bed.ts';

it('a cursor beyond the log’s end gets `unavailable` for 30 s, then `start_over`, whichever processes are asked', async () => {
  const bed = await new Bed().start();
  await bed.projector().start();
  await bed.ports.store.ensure([{ name: 'messaging.beyond', indexes: [] }]);
  const asked = async (at: number): Promise<string> => {
    const models = new Bed(bed.cluster, bed.clock).models(); // each time another process
    await models.start();
    const since = encodeCursor({ logId: 'memory', at: { [EVENTS]: [at], [MARKS]: [-1] } });
    return syncPage({ ...bed.ports, readModels: models }, { user: 'anna' }, { since }).then(
      () => 'ok',
      (error: { code: string }) => error.code,
    );
  };
  expect(await asked(-1)).toBe('ok');
  expect(await asked(5)).toBe('unavailable');
  await bed.clock.advance(20_000);
  expect(await asked(5)).toBe('unavailable');
  expect(await asked(3)).toBe('unavailable'); // a smaller one is beyond since now only
  await bed.clock.advance(10_000);
  expect(await asked(7)).toBe('start_over'); // a greater one as long as the first
  expect(await asked(5)).toBe('start_over');
  expect(await asked(3)).toBe('unavailable');
  await bed.claim(1);
  for (let i = 0; i < 5; i++) await bed.claim(2 + i); // the log comes to 5: only lagging
  expect(await asked(5)).toBe('ok');
  expect(await asked(6)).toBe('unavailable');
});
