import { MemoryCluster } from '@clatter/memory';
import { describe, expect, it } from 'vitest';
import { Bed, DIRECT } from './bed.ts';

describe('a gap in a conversation’s seq stops the partition with an alarm (P3)', () => {
  const withGap = async (): Promise<Bed> => {
    const bed = await new Bed().start();
    await bed.claim(1);
    await bed.record(1, 0, 3);
    await bed.record(1, 1, 5); // 4 is missing
    return bed;
  };

  it('at the owner, on replay', async () => {
    const bed = await withGap();
    const owner = bed.owner();
    void owner.start();
    await bed.until('the alarm', () => bed.alarms.length > 0);
    expect(bed.alarms[0]).toContain('ALARM: the partition stopped: messaging.events/0: the record at 2');
    expect(owner.notReady?.()).toContain('seq 5 follows 3');
  });

  it('at the projector', async () => {
    const bed = await withGap();
    await bed.ports.store.ensure([{ name: 'messaging.generations', indexes: [] }]);
    await bed.ports.store.put('messaging.generations', 'now', { rev: 0, serving: 1, last: 1 });
    const projector = bed.projector();
    void projector.start();
    await bed.until('the alarm', () => bed.alarms.length > 0);
    expect(bed.alarms[0]).toContain(`can not be applied to conversations/${DIRECT}`);
    expect(projector.notReady?.()).toContain('seq 5 follows 3');
  });

  it('and without one nothing stops', async () => {
    const bed = await new Bed().start();
    await bed.claim(1);
    await bed.record(1, 0, 3);
    await bed.record(1, 1, 4);
    void bed.owner().start();
    void bed.projector().start();
    await bed.until('it is projected', () => bed.cluster.documents('messages.g1').size === 2);
    expect(bed.alarms).toEqual([]);
  });
});

describe('log identity', () => {
  /** What a Clatter has stored, put beside another log of the same records, as after a restore. */
  const restored = async (otherEnd: number): Promise<Bed> => {
    const before = await new Bed(new MemoryCluster({ logId: 'before' })).start();
    const roles = [before.owner(), before.projector()];
    for (const role of roles) void role.start();
    await before.send('d');
    await before.until('state is stored', () => before.cluster.documents('messaging.fences').size > 0);
    await before.until('it is projected', () => before.cluster.documents('messages.g1').size > 0);
    for (const role of roles) await role.stop();
    const after = await new Bed(new MemoryCluster({ logId: otherEnd < 0 ? 'before' : 'after' })).start();
    for (const name of ['messaging.fences', 'messaging.state', 'messaging.generations', 'messaging.checkpoints.g1']) {
      await after.ports.store.ensure([{ name, indexes: [] }]);
      for (const [key, doc] of before.cluster.documents(name)) await after.ports.store.put(name, key, doc);
    }
    return after;
  };

  it('owner, projector and read models of another log refuse to start, naming the command', async () => {
    const bed = await restored(1);
    for (const part of [bed.owner(), bed.projector(), bed.models()])
      await expect(part.start(), part.name).rejects.toThrow(/log before, not to after.*clatter new-log/);
  });

  it('positions beyond the log’s end count after 30 s', async () => {
    const bed = await restored(-1); // the same log, cut to nothing
    for (const part of [bed.owner(), bed.projector()]) {
      const began = bed.clock.now();
      let refused: unknown;
      part.start().catch((error: unknown) => {
        refused = error;
      });
      await bed.until(`${part.name} refuses`, () => refused !== undefined);
      expect(String(refused)).toMatch(/beyond the log's end.*clatter new-log/);
      expect(bed.clock.now() - began).toBeGreaterThanOrEqual(30_000);
    }
  });
});

describe('the first generation', () => {
  it('over an old log serves only when it has read it: until then the answer is `unavailable`', async () => {
    const bed = await new Bed().start();
    await bed.claim(1);
    await bed.record(1, 0, 3);
    for (let i = 1; i <= 5; i++) await bed.record(1, i, 3 + i);
    const models = bed.models();
    await models.start();
    expect(() => models.collection('messages')).toThrow('do not serve yet');
    void bed.projector().start();
    await bed.until('it serves', () => models.notReady?.() === undefined);
    expect(models.collection('messages')).toBe('messages.g1');
    expect((await models.checkpoints())['messaging.events']).toEqual([6]);
  });

  it('over an empty log serves at once', async () => {
    const bed = await new Bed().start();
    await bed.projector().start();
    expect(await bed.ports.store.get('messaging.generations', 'now')).toMatchObject({ serving: 1 });
  });
});
