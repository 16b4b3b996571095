import { describe, expect, it } from 'vitest';
import { Bed, closed, EPHEMERAL, EVENTS, left, MARKS, sent } from './harness.ts';

const open = (...args: ConstructorParameters<typeof Bed>): Promise<Bed> => new Bed(...args).start();
const channelsOf = (bed: Bed) => bed.messaging.heard.findLast((m) => m.t === 'hello');

describe('the feed (design §5)', () => {
  it('subscribes what its sessions need, and lets go of it', async () => {
    const bed = await open();
    await bed.member('c1', 'anna');
    const device = await bed.hello('anna');
    const added = bed.messaging.heard.flatMap((m) => (m.t === 'subscribe' ? (m.add ?? []) : []));
    expect(added).toEqual(['user/anna', 'conversation/c1']);
    device.gone();
    await bed.turn();
    expect(bed.messaging.heard.flatMap((m) => (m.t === 'subscribe' ? (m.remove ?? []) : [])).sort()).toEqual(['conversation/c1', 'user/anna']);
  });

  it('after a break any router gets the channels and the watermarks', async () => {
    const bed = await open();
    await bed.member('c1', 'anna');
    await bed.hello('anna');
    bed.event('c1', 1, [sent(1)]);
    await bed.turn();
    bed.messaging.feed.close('a break');
    await bed.clock.advance(1_000);
    expect(channelsOf(bed)).toMatchObject({
      channels: [`edge/${bed.edge.core.instance}`, 'user/anna', 'conversation/c1'],
      watermarks: { [EVENTS]: [-1, 0], [MARKS]: [-1, -1] },
      logId: 'memory',
    });
    bed.event('c1', 1, [sent(2)]);
    await bed.turn();
    expect(bed.edge.core.messaging.watermarks()).toMatchObject({ [EVENTS]: [-1, 1] });
  });

  it('a cover that does not begin at the watermark ends the feed; nothing of it is sent', async () => {
    const bed = await open();
    await bed.member('c1', 'anna');
    const device = await bed.hello('anna');
    (bed.messaging.at[EVENTS] as number[])[0] = 5;
    bed.event('c1', 0, [sent(1)]);
    await bed.turn();
    expect(device.socket.of('event')).toEqual([]);
    await bed.clock.advance(1_000);
    expect(bed.messaging.feeds).toHaveLength(2);
    expect(channelsOf(bed)).toMatchObject({ watermarks: { [EVENTS]: [-1, -1] } });
  });

  it('empty covers move all watermarks, and one that does not fit ends the feed', async () => {
    const bed = await open();
    bed.messaging.feed.send({
      t: 'covers',
      moves: [
        [EVENTS, 0, -1, 7],
        [MARKS, 1, -1, 3],
      ],
    });
    await bed.turn();
    expect(bed.edge.core.messaging.watermarks()).toEqual({ [EVENTS]: [7, -1], [MARKS]: [-1, 3] });
    bed.messaging.feed.send({ t: 'covers', moves: [[EVENTS, 0, 6, 9]] });
    await bed.clock.advance(1_000);
    expect(bed.messaging.feeds).toHaveLength(2);
  });

  it('limit edge.feedSilence: a router that is silent for 5 s is left', async () => {
    const bed = await open();
    await bed.clock.advance(4_000);
    expect(bed.messaging.feeds).toHaveLength(1);
    await bed.clock.advance(4_000);
    expect(bed.messaging.feeds.length).toBeGreaterThan(1);
  });

  it('limit edge.resetWave: reset: no frame and no cursor any more, closed 4000 within the wave; who connects then is served', async () => {
    const bed = await open({ resetWave: 10_000 });
    await bed.member('c1', 'anna');
    const device = await bed.hello('anna');
    const before = device.socket.frames.length;
    bed.messaging.feed.send({ t: 'reset' });
    await bed.clock.advance(2_000);
    expect(bed.messaging.heard.at(-1)).not.toHaveProperty('watermarks');
    bed.event('c1', 0, [sent(1)]);
    device.say({ type: 'ping' });
    await bed.turn();
    expect(device.socket.frames).toHaveLength(before);
    const ben = await bed.hello('ben');
    expect(ben.socket.of('welcome')).toHaveLength(1);
    await bed.clock.advance(10_000);
    expect(device.socket.code).toBe(closed('unknown'));
  });

  it('a channel that was let go and wanted again counts only once the router has applied it', async () => {
    const bed = await open();
    bed.messaging.answers = false;
    const first = await bed.hello('anna');
    const second = await bed.hello('anna');
    expect(first.socket.code).toBe(closed('session_replaced'));
    expect(bed.edge.core.messaging.isApplied('user/anna')).toBe(false);
    bed.messaging.apply();
    await bed.turn();
    expect(second.socket.of('welcome')).toHaveLength(1);
  });
});

describe('connecting (design §5, a to d)', () => {
  it('a removal that was gathered while the rows were read wins over them', async () => {
    const bed = await open();
    await bed.member('c1', 'anna', 3);
    await bed.member('c2', 'anna', 3);
    let go = (_: boolean): void => {};
    bed.faults.reached = () => new Promise((resolve) => (go = resolve));
    const device = await bed.hello('anna');
    for (let i = 0; i < 4; i++) bed.event('other', 0, []);
    bed.event('c2', 0, [left('anna')]); // offset 4
    await bed.turn();
    go(true);
    await bed.turn();
    bed.event('c1', 0, [sent(1)]);
    bed.event('c2', 0, [sent(1)]);
    await bed.turn();
    expect(device.socket.of('event').map((e) => e.conversation)).toEqual(['c1']);
  });

  it('a gone row is no membership', async () => {
    const bed = await open();
    await bed.member('c1', 'anna', 3, true);
    const device = await bed.hello('anna');
    bed.event('c1', 0, [sent(1)]);
    await bed.turn();
    expect(device.socket.of('event')).toEqual([]);
  });

  it('events that come before the last channel is applied are left to the sync', async () => {
    const bed = await open();
    await bed.member('c1', 'anna');
    let go = (_: boolean): void => {};
    bed.faults.reached = () => new Promise((resolve) => (go = resolve));
    const device = await bed.hello('anna');
    bed.messaging.answers = false;
    go(true);
    await bed.turn();
    bed.event('c1', 0, [sent(1)]);
    await bed.turn();
    expect(device.socket.frames).toEqual([]);
    bed.messaging.apply();
    bed.event('c1', 0, [sent(2)]);
    await bed.turn();
    expect(device.socket.frames).toMatchObject([
      { type: 'welcome', cursor: '1.memory.messaging.events=0,-1;messaging.marks=-1,-1' },
      { type: 'event', rev: 1 },
    ]);
  });
});

describe('ended sessions (4201)', () => {
  const revoked = (bed: Bed, session: string): number =>
    bed.auth.send('auth.events', 0, { id: 'x', version: 2, at: 1, name: 'session.revoked', user: 'anna', data: { session } });

  it('by the record on user/<id>, at once; other sessions of the user stay', async () => {
    const bed = await open();
    const [one, two] = [await bed.hello('anna/s1', 'd1'), await bed.hello('anna/s2', 'd2')];
    revoked(bed, 's1');
    await bed.turn();
    expect([one.socket.code, two.socket.code]).toEqual([closed('session_revoked'), undefined]);
  });

  it('by the document while connecting', async () => {
    const bed = await open();
    bed.faults.revoked.add('s1');
    expect((await bed.hello('anna/s1')).socket.code).toBe(closed('session_revoked'));
  });

  it('what is ended before the auth feed listens is found once it does', async () => {
    const bed = await open();
    bed.auth.answers = false;
    const device = await bed.hello('anna/s1');
    bed.faults.revoked.add('s1');
    expect(device.socket.of('welcome')).toHaveLength(1);
    bed.auth.apply();
    await bed.turn();
    expect(device.socket.code).toBe(closed('session_revoked'));
  });

  it('what is ended in a gap of the auth feed is found once the next one listens', async () => {
    const bed = await open();
    const device = await bed.hello('anna/s1');
    bed.auth.answers = false;
    bed.auth.feed.send({ t: 'reset' });
    await bed.clock.advance(2_000);
    bed.faults.revoked.add('s1'); // behind the look that came too early, before the stream that begins too late
    await bed.turn();
    expect(device.socket.code).toBeUndefined();
    bed.auth.apply();
    await bed.turn();
    expect(device.socket.code).toBe(closed('session_revoked'));
  });
});

describe('marks and typing', () => {
  const people = async (bed: Bed, memberCount = 2) => {
    for (const user of ['anna', 'ben']) await bed.member('c1', user);
    await bed.store.put('conversations.g1', 'c1', { rev: 1, memberCount });
    return [await bed.hello('anna'), await bed.hello('ben'), await bed.hello('eve')] as const;
  };
  const marks = (bed: Bed) => bed.appended<{ conversation: string; user: string; number: number }>(MARKS);
  const read = (number: number) => ({ type: 'read', conversation: 'c1', number });

  it('limit markEvery: only who takes part sets a mark, only forward, one write per 2 s', async () => {
    const bed = await open();
    const [anna, , eve] = await people(bed);
    eve.say(read(9));
    anna.say(read(3));
    await bed.turn();
    anna.say(read(2), read(5), read(4));
    await bed.clock.advance(1_900);
    expect(marks(bed).map((m) => [m.user, m.number])).toEqual([['anna', 3]]);
    await bed.clock.advance(200);
    expect(marks(bed).map((m) => [m.user, m.number])).toEqual([
      ['anna', 3],
      ['anna', 5],
    ]);
  });

  it('a mark that stands already, or was heard of another edge, is not taken back', async () => {
    const bed = await open();
    await bed.store.put('marks.g1', 'c1|anna', { rev: 4, conversation: 'c1', user: 'anna', number: 10 });
    const [anna, ben] = await people(bed);
    anna.say(read(8));
    ben.say(read(1));
    await bed.clock.advance(3_000);
    bed.messaging.send(MARKS, 0, { conversation: 'c1', user: 'ben', number: 20 }, 'conversation/c1');
    await bed.turn();
    ben.say(read(15));
    await bed.clock.advance(3_000);
    expect(marks(bed).map((m) => [m.user, m.number])).toEqual([['ben', 1]]);
    anna.say(read(11));
    await bed.clock.advance(3_000);
    expect(marks(bed).at(-1)).toMatchObject({ user: 'anna', number: 11 });
  });

  it.each([
    [100, 'conversation/c1'],
    [101, 'user/anna'],
  ])('of %i members: addressed to %s', async (count, channel) => {
    const bed = await open();
    const [anna] = await people(bed, count);
    anna.say(read(1));
    await bed.turn();
    expect(marks(bed).map((m) => m.channels)).toEqual([channel]);
  });

  it('a mark goes to who is addressed and takes part', async () => {
    const bed = await open();
    const [anna, ben, eve] = await people(bed);
    bed.messaging.send(MARKS, 0, { conversation: 'c1', user: 'anna', number: 4 }, 'conversation/c1');
    bed.messaging.send(MARKS, 0, { conversation: 'c1', user: 'anna', number: 5 }, 'user/anna');
    await bed.turn();
    expect([anna, ben, eve].map((d) => d.socket.of('mark').map((m) => m.number))).toEqual([[4, 5], [4], []]);
  });

  it('a mark that could not be written is written by the next read', async () => {
    const bed = await open();
    const [anna] = await people(bed);
    bed.faults.append = () => Promise.reject(new Error('away'));
    anna.say(read(3));
    await bed.clock.advance(3_000);
    delete bed.faults.append;
    anna.say(read(3));
    await bed.clock.advance(3_000);
    expect(marks(bed).map((m) => m.number)).toEqual([3]);
  });

  it('limits typingEvery, smallGroup: typing: of members only, at most one per 3 s, off in large groups', async () => {
    const bed = await open();
    const [anna, , eve] = await people(bed);
    const typing = { type: 'typing', conversation: 'c1', on: true };
    eve.say(typing);
    anna.say(typing, typing);
    await bed.turn();
    expect(bed.appended(EPHEMERAL)).toEqual([{ conversation: 'c1', user: 'anna', on: true, channels: 'conversation/c1' }]);
    await bed.clock.advance(3_000);
    anna.say(typing);
    await bed.turn();
    expect(bed.appended(EPHEMERAL)).toHaveLength(2);

    const large = await open();
    const [ada] = await people(large, 101);
    ada.say(typing);
    await large.turn();
    expect(large.appended(EPHEMERAL)).toEqual([]);
  });

  it('typing is shown to the others', async () => {
    const bed = await open();
    const [anna, ben, eve] = await people(bed);
    const value = JSON.stringify({ conversation: 'c1', user: 'anna', on: true });
    bed.messaging.feed.send({ t: 'soft', topic: EPHEMERAL, records: [{ offset: 0, at: 1, key: 'c1', headers: {}, value }] });
    await bed.turn();
    expect([anna, ben, eve].map((d) => d.socket.of('typing').length)).toEqual([0, 1, 0]);
  });
});
