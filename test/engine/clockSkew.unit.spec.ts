import { makeUuid7 } from '@clatter/kernel';
import { expect, it } from 'vitest';
import { Bed, EVENTS } from './bed.ts';

it('a ref that lay too far ahead stays refused, also where its copy comes a moment later (P2); its device goes on', async () => {
  const bed = await new Bed().start();
  await bed.clock.advance(1_000_000);
  const owner = bed.owner();
  void owner.start();
  await bed.until('it leads', () => bed.cluster.partition(EVENTS, 0).records.length > 0);
  const ahead = makeUuid7(bed.clock.now() + 302_000, 0, 0.5, 0.5);
  await bed.send('d', ahead);
  await bed.until('it is refused', () => bed.last().code === 'clock_skew');
  await bed.clock.advance(10_000);
  await bed.send('d', ahead);
  await bed.until('its copy is answered', () => bed.last().outcome !== 'rejected');
  expect(bed.last()).toMatchObject({ outcome: 'duplicate', of: { outcome: 'rejected', code: 'clock_skew' } });

  const refs = Array.from({ length: 70 }, () => bed.ref());
  for (const ref of refs) {
    await bed.send('d', ref);
    await bed.until('it is accepted', () => bed.last().command.id === ref);
    expect(bed.last().outcome).toBe('accepted');
  }
  await bed.send('d', refs[0] as string);
  await bed.until('an evicted one is too old', () => bed.last().code === 'stale_id');
  await owner.stop();
});
