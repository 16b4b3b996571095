import type { TopicSpec } from '@clatter/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventLog, type GroupHandler, LogError, type LogRecord, type Membership, type NewRecord } from './eventLog.ts';

/** `sharedGroups`: several members may join one group through this handle. */
type Opened = { readonly log: EventLog; readonly sharedGroups: boolean; close(): Promise<void> };

const PARTITIONS = 2;
const record = (value: string): NewRecord => ({ key: 'k', headers: { e: '1', ch: 'conversation/a user/b' }, value });
const values = (records: readonly LogRecord[]): string[] => records.map((r) => r.value);

const until = async (what: string, condition: () => boolean): Promise<void> => {
  for (let i = 0; i < 3_000; i++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`it did not happen: ${what}`);
};

/** Notes what a member is told. */
class Recorder implements GroupHandler {
  readonly got = new Map<string, number[]>();
  readonly owned = new Set<number>();
  readonly failures: LogError[] = [];
  readonly #from: (partition: number) => Record<string, number | 'paused'>;

  constructor(from: (partition: number) => Record<string, number | 'paused'>) {
    this.#from = from;
  }
  async assigned(partition: number): Promise<Record<string, number | 'paused'>> {
    this.owned.add(partition);
    return this.#from(partition);
  }
  async revoked(partition: number): Promise<void> {
    this.owned.delete(partition);
  }
  records(topic: string, partition: number, records: readonly LogRecord[]): void {
    const list = this.got.get(`${topic}/${partition}`) ?? [];
    this.got.set(`${topic}/${partition}`, list);
    for (const { offset } of records) list.push(offset);
  }
  failed(error: LogError): void {
    this.failures.push(error);
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** What every EventLog must do; the numbers are the guarantees of the interface. */
export const eventLogContract = (name: string, open: () => Promise<Opened>): void => {
  describe(`EventLog: ${name}`, { timeout: 60_000 }, () => {
    let opened: Opened;
    let log: EventLog;
    let n = 0;

    beforeAll(async () => {
      opened = await open();
      log = opened.log;
    });
    afterAll(() => opened?.close());

    const topic = async (more: Partial<TopicSpec> = {}): Promise<string> => {
      const spec: TopicSpec = {
        name: `contract.t${++n}`,
        service: 'messaging',
        key: 'conversation',
        cleanup: 'delete',
        durability: 'durable',
        fenced: false,
        writer: 'test',
        readers: 'test',
        ...more,
      };
      await log.ensureTopics([spec], PARTITIONS);
      return spec.name;
    };
    const fill = async (name: string, partition: number, count: number): Promise<void> => {
      for (let i = 0; i < count; i += 50)
        await log.append(
          name,
          partition,
          range(i, Math.min(count, i + 50)).map((k) => record(`v${k}`)),
        );
    };

    it('offsets begin at 0 and are dense; a batch stays together; records come back as they were (1, 2)', async () => {
      const t = await topic();
      expect(await log.append(t, 0, [record('a')])).toBe(0);
      expect(await log.append(t, 0, [record('b'), record('c')])).toBe(1);
      expect(await log.append(t, 1, [record('other')])).toBe(0);
      const read = await log.read(t, 0, 0, 10);
      expect(values(read)).toEqual(['a', 'b', 'c']);
      expect(read.map((r) => r.offset)).toEqual([0, 1, 2]);
      expect(read[0]).toMatchObject({ key: 'k', headers: { e: '1', ch: 'conversation/a user/b' } });
      expect(read.every((r) => Number.isSafeInteger(r.at) && r.at > 0)).toBe(true);
      expect(values(await log.read(t, 0, 1, 1))).toEqual(['b']);
      expect(await log.read(t, 0, 3, 10)).toEqual([]);
      const extents = [3, 1].map((end) => ({ start: 0, end }));
      expect(await log.ends(t)).toEqual(extents);
      expect(await Promise.all([log.extent(t, 0), log.extent(t, 1)])).toEqual(extents);
      await expect(log.extent(t, PARTITIONS)).rejects.toMatchObject({ kind: 'fatal' });
    });

    it('many appends at once: each batch stands whole, none is missing, none is twice (1)', async () => {
      const t = await topic();
      const bases = await Promise.all(range(0, 40).map((i) => log.append(t, 0, [record(`${i}a`), record(`${i}b`)])));
      expect([...bases].sort((a, b) => a - b)).toEqual(range(0, 40).map((i) => i * 2));
      const read = await log.read(t, 0, 0, 100);
      for (const [i, base] of bases.entries()) expect(values(read).slice(base, base + 2)).toEqual([`${i}a`, `${i}b`]);
    });

    it('text of any language and a large value survive', async () => {
      const t = await topic();
      const text = `ä🙂 ${'x'.repeat(100_000)}`;
      await log.append(t, 0, [record(text)]);
      expect(values(await log.read(t, 0, 0, 1))).toEqual([text]);
    });

    it('refuses unknown topics, partitions and other partition counts for good', async () => {
      const t = await topic();
      await expect(Promise.resolve().then(() => log.append('contract.none', 0, [record('x')]))).rejects.toMatchObject({ kind: 'fatal' });
      await expect(log.append(t, PARTITIONS, [record('x')])).rejects.toMatchObject({ kind: 'fatal' });
      const spec: TopicSpec = {
        name: t,
        service: 'messaging',
        key: 'conversation',
        cleanup: 'delete',
        durability: 'durable',
        fenced: false,
        writer: 'test',
        readers: 'test',
      };
      await expect(log.ensureTopics([spec], PARTITIONS + 1)).rejects.toThrow(LogError);
    });

    it('finds the first record at or after a time', async () => {
      const t = await topic();
      await log.append(t, 0, [record('a')]);
      const [first] = await log.read(t, 0, 0, 1);
      expect(await log.offsetAt(t, 0, 0)).toBe(0);
      expect(await log.offsetAt(t, 0, first?.at ?? 0)).toBe(0);
      expect(await log.offsetAt(t, 0, (first?.at ?? 0) + 3_600_000)).toBe(1);
    });

    it('a tail begins exactly where it is told, in every partition, and goes on live', async () => {
      const [a, b] = [await topic(), await topic()];
      await fill(a, 0, 120);
      const got = new Map<string, number[]>();
      const tail = await log.tail({
        from: { [a]: [100, 0], [b]: [0, 0] },
        records: (name, p, records) => {
          const list = got.get(`${name}/${p}`) ?? [];
          got.set(`${name}/${p}`, [...list, ...records.map((r) => r.offset)]);
        },
        failed: (error) => {
          throw error;
        },
      });
      await until('the backlog is there', () => got.get(`${a}/0`)?.length === 20);
      await log.append(a, 1, [record('x'), record('y')]);
      await log.append(b, 1, [record('z')]);
      await until('the live ones are there', () => got.get(`${a}/1`)?.length === 2 && got.get(`${b}/1`)?.length === 1);
      expect(got.get(`${a}/0`)).toEqual(range(100, 120));
      expect(got.get(`${a}/1`)).toEqual([0, 1]);
      expect(tail.heardAt()).toBeGreaterThan(0);
      await tail.close();
    });

    it('a member gets every partition, each topic from exactly the offset asked for; `paused` waits for seek', async () => {
      const [a, b] = [await topic(), await topic()];
      await fill(a, 0, 100);
      await fill(b, 0, 100);
      const recorder = new Recorder((p) => ({ [a]: p === 0 ? 37 : 0, [b]: 'paused' }));
      const member = await log.join({ group: `group${n}`, topics: [a, b], handler: recorder });
      await until('the first topic is read', () => recorder.got.get(`${a}/0`)?.length === 63);
      expect(recorder.got.get(`${a}/0`)).toEqual(range(37, 100));
      expect(recorder.got.has(`${b}/0`)).toBe(false);
      member.seek(b, 0, 55);
      await until('the second topic is read', () => recorder.got.get(`${b}/0`)?.length === 45);
      expect(recorder.got.get(`${b}/0`)).toEqual(range(55, 100));
      member.pause(a, 0);
      await member.heartbeat();
      expect(member.owns(0)).toBe(true);
      member.resume(a, 0);
      await log.append(a, 0, [record('more')]);
      await until('it goes on without a gap', () => recorder.got.get(`${a}/0`)?.at(-1) === 100);
      expect(recorder.got.get(`${a}/0`)).toEqual(range(37, 101));
      member.seek(a, 0, 99);
      await until('it is read again from where it was told', () => recorder.got.get(`${a}/0`)?.length === 66);
      expect(recorder.got.get(`${a}/0`)?.slice(-2)).toEqual([99, 100]);
      await member.leave();
      expect(recorder.owned.size).toBe(0);
      expect(recorder.failures).toEqual([]);
    });

    it('members share the partitions, and take over those of one that leaves, from the offset they ask for (4)', async ({ skip }) => {
      if (!opened.sharedGroups) skip('one process has one member a group');
      const t = await topic();
      await fill(t, 0, 10);
      await fill(t, 1, 10);
      const recorders = [new Recorder(() => ({ [t]: 0 })), new Recorder(() => ({ [t]: 5 }))];
      const members: Membership[] = [];
      for (const handler of recorders) members.push(await log.join({ group: `group${n}`, topics: [t], handler }));
      await until('each has one', () => recorders.every((r) => r.owned.size === 1));
      await members[0]?.leave();
      await until(
        'the second has both',
        () => recorders[1]?.owned.size === PARTITIONS && [0, 1].every((p) => (recorders[1]?.got.get(`${t}/${p}`)?.length ?? 0) >= 5),
      );
      for (const p of [0, 1]) expect(recorders[1]?.got.get(`${t}/${p}`)?.slice(-5)).toEqual(range(5, 10));
      await members[1]?.leave();
    });
  });
};
