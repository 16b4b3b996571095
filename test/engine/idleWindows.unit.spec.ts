import { expect, it } from 'vitest';
import { Bed, DIRECT } from './bed.ts';

const DAY = 86_400_000;

it('a window that was idle for 32 days is replaced by a tombstone; what it remembered is refused, never done again (P2, P7)', async () => {
  const bed = await new Bed().start();
  let owner = bed.owner();
  const away = async (ms: number): Promise<void> => {
    await owner.stop();
    await bed.clock.advance(ms);
    owner = bed.owner();
    void owner.start();
  };
  void owner.start();
  const first = bed.ref();
  await bed.send('old', first);
  const cells = () => bed.cluster.documents('messaging.state');
  await bed.until('the window is stored', () => cells().has(`0/${DIRECT}/window/anna/old`));
  await bed.send('old', first);
  await bed.until('it is a duplicate', () => bed.last().outcome === 'duplicate');

  await away(30 * DAY);
  await bed.send('new');
  await bed.until('the new device is stored', () => cells().has(`0/${DIRECT}/window/anna/new`));
  await bed.clock.advance(60_000);
  expect(cells().get(`0/${DIRECT}/window/anna/old`)).toHaveProperty('cell.seen');

  await away(2 * DAY);
  await bed.send('new');
  await bed.until('the old one is forgotten', async () => {
    const doc = cells().get(`0/${DIRECT}/window/anna/old`);
    return JSON.stringify(doc?.cell) === '{"gone":true}';
  });
  expect(cells().get(`0/${DIRECT}/window/anna/new`)).toHaveProperty('cell.seen');
  expect(cells().get(`0/${DIRECT}/root`)).toHaveProperty('cell.number', 3);

  await bed.send('old', first);
  await bed.until('it is refused', () => bed.last().outcome === 'rejected');
  expect(bed.last().code).toBe('stale_id');
  await bed.send('old');
  await bed.until('a new ref of that device is accepted', () => bed.last().outcome === 'accepted');
  expect(bed.alarms).toEqual([]);
});
