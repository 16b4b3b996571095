import { type Command, LIMITS, type PresenceCommand, type PresenceCommandName, type PresenceFact, type PresenceStatus, TOPICS } from '@clatter/contract';
import { channel, directId, partitionOf } from '@clatter/kernel';
import { describe, expect, it, vi } from 'vitest';
import { Waiting } from '../../services/edge/src/fanout/waiting.ts';
import { Bed, closed, failure, joined, left, PARTITIONS } from './harness.ts';

const COMMANDS = TOPICS.presenceCommands.name;
const EVENTS = TOPICS.presenceEvents.name;
const open = (...args: ConstructorParameters<typeof Bed>): Promise<Bed> => new Bed(...args).start();
const of = (user: string): number => partitionOf(user, PARTITIONS);

/** Presence commands of one name that the edge appended, decoded. */
const told = <N extends PresenceCommandName>(bed: Bed, name: N) =>
  bed.appended<Command>(COMMANDS).flatMap((c) => (c.name === name ? [{ key: c.key, ...(c.data as PresenceCommand<N>) }] : []));

/** A record of presence's owner. */
const fact = (bed: Bed, partition: number, one: PresenceFact, to: string): number =>
  bed.presence.send(EVENTS, partition, { key: 'k', outcome: 'accepted', events: [one] }, to);
const changed = (bed: Bed, user: string, status: PresenceStatus, lastSeen = 7): number =>
  fact(bed, of(user), { name: 'presence.changed', v: 1, data: { user, status, lastSeen } }, channel.presence(user));

/** Anna, who shares direct conversations with these. */
const friends = async (bed: Bed, ...users: string[]): Promise<void> => {
  for (const user of users) for (const member of ['anna', user]) await bed.member(directId('anna', user), member);
};
const stored = (bed: Bed, user: string, status: PresenceStatus, rev: number) => bed.store.put('presence.g1', user, { user, status, lastSeen: 3, rev });

describe('what presence is told', () => {
  it('a session that is live, its activity, and its end, under one lease', async () => {
    const bed = await open();
    const device = await bed.hello('anna');
    device.say({ type: 'active', on: false });
    device.say({ type: 'active', on: false });
    device.gone();
    await bed.clock.advance(100);
    const [{ lease, holder, connection } = { lease: '', holder: '', connection: '' }] = told(bed, 'session.opened');
    expect(holder).toBe(`${bed.edge.core.instance}.1`);
    expect(told(bed, 'session.opened')).toMatchObject([
      { key: 'anna', edge: bed.edge.core.instance, session: 's-anna', device: 'd1', active: true, again: false, n: 0 },
    ]);
    expect(told(bed, 'session.active')).toEqual([{ key: 'anna', lease, holder, n: 1, on: false }]);
    expect(told(bed, 'session.closed')).toEqual([{ key: 'anna', lease, holder, n: 2 }]);
    expect(lease).toContain(connection);
  });

  it('a socket that never became live is not told of', async () => {
    const bed = await open();
    bed.faults.revoked.add('s-anna');
    const device = await bed.hello('anna');
    device.gone();
    await bed.clock.advance(10_000);
    expect(bed.appended(COMMANDS)).toEqual([]);
  });

  it('a beat every 5 s to each partition that knows this edge, with how many count there', async () => {
    const bed = await open();
    const device = await bed.hello('anna');
    await bed.hello('anna', 'd2');
    await bed.clock.advance(5_100);
    expect(told(bed, 'edge.beat').map(({ leases }) => leases)).toEqual([2]);
    device.gone();
    await bed.clock.advance(5_000);
    expect(told(bed, 'edge.beat').map(({ leases }) => leases)).toEqual([2, 1]);
  });

  it('what the log did not take is sent again as it was, and in order; beats do not pile up', async () => {
    const bed = await open();
    bed.faults.append = async (topic) => {
      if (topic === COMMANDS) throw failure('ambiguous');
    };
    const device = await bed.hello('anna');
    device.say({ type: 'active', on: false });
    await bed.clock.advance(60_000);
    device.gone();
    delete bed.faults.append;
    await bed.clock.advance(6_000);
    expect(bed.appended<Command>(COMMANDS).map((c) => c.name)).toEqual(['session.opened', 'session.active', 'edge.beat', 'session.closed', 'edge.beat']);
  });

  it('commands and answers do not wait for it', async () => {
    const bed = await open();
    bed.faults.append = (topic) => (topic === COMMANDS ? new Promise(() => {}) : Promise.resolve());
    const device = await bed.hello('anna');
    device.say({ type: 'ping' });
    await bed.turn();
    expect(device.socket.frames.map((f) => f.type)).toEqual(['welcome', 'pong']);
  });

  it('limit edge.queuedPresence: beyond it all is dropped, and later told anew under a new term', async () => {
    const bed = await open({ queuedPresence: 4 });
    bed.faults.append = async (topic) => {
      if (topic === COMMANDS) throw failure('retriable');
    };
    const device = await bed.hello('anna');
    await bed.clock.advance(100); // the first is on its way
    for (let i = 0; i < 6; i++) device.say({ type: 'active', on: i % 2 === 1 });
    device.say({ type: 'active', on: false });
    delete bed.faults.append;
    await bed.clock.advance(20_000);
    const last = told(bed, 'session.opened').at(-1);
    expect(last).toMatchObject({ holder: `${bed.edge.core.instance}.2`, n: 0, again: true, active: false });
    expect(told(bed, 'session.active')).toEqual([]);
    expect(told(bed, 'edge.beat').at(-1)).toMatchObject({ holder: `${bed.edge.core.instance}.2`, leases: 1 });
  });

  it('on stop the ends are told before it is over', async () => {
    const bed = await open({ drainWave: 0 });
    await bed.hello('anna');
    const stopping = bed.edge.stop();
    await bed.clock.advance(1_000);
    await stopping;
    expect(told(bed, 'session.closed')).toHaveLength(1);
  });
});

describe('what presence tells this edge', () => {
  it('it was taken for lost: its sessions are told again under a new term, sockets stay', async () => {
    const bed = await open();
    const device = await bed.hello('anna');
    device.say({ type: 'active', on: false });
    await bed.clock.advance(100);
    const edge = bed.edge.core.instance;
    const lost = { name: 'edge.lost', v: 1, data: { edge, holder: `${edge}.1` } } as const;
    fact(bed, of('anna'), lost, channel.edge(edge));
    fact(bed, of('anna'), lost, channel.edge(edge)); // of a term that is over
    await bed.clock.advance(100);
    expect(told(bed, 'session.opened').map(({ holder, n, again, active }) => ({ holder, n, again, active }))).toEqual([
      { holder: `${edge}.1`, n: 0, again: false, active: true },
      { holder: `${edge}.2`, n: 0, again: true, active: false },
    ]);
    expect(device.socket.code).toBeUndefined();
  });

  it('a session connected again on another edge: this one is closed 4103', async () => {
    const bed = await open();
    const device = await bed.hello('anna');
    const other = await bed.hello('anna', 'd2');
    await bed.clock.advance(100);
    const [{ connection } = { connection: '' }] = told(bed, 'session.opened');
    const edge = bed.edge.core.instance;
    fact(bed, of('anna'), { name: 'session.replaced', v: 1, data: { edge, connection } }, channel.edge(edge));
    await bed.turn();
    expect(device.socket.code).toBe(closed('session_replaced'));
    expect(other.socket.code).toBeUndefined();
  });
});

describe('watch (protocol §1)', () => {
  it('is answered with the present state, and then live', async () => {
    const bed = await open();
    await friends(bed, 'ben', 'carl');
    await stored(bed, 'ben', 'away', 4);
    const device = await bed.hello('anna');
    device.say({ type: 'watch', users: ['ben', 'carl'] });
    await bed.turn();
    changed(bed, 'ben', 'online');
    changed(bed, 'carl', 'offline', 9);
    await bed.turn();
    expect(device.socket.of('presence')).toEqual([
      { type: 'presence', user: 'ben', status: 'away', lastSeen: 3 },
      { type: 'presence', user: 'carl', status: 'offline' },
      { type: 'presence', user: 'carl', status: 'offline', lastSeen: 9 },
    ]);
  });

  it('nothing that came by the feed before is taken back by an older document', async () => {
    const bed = await open();
    await friends(bed, 'ben');
    await stored(bed, 'ben', 'away', 0);
    const device = await bed.hello('anna');
    let reached = (_: boolean): void => {};
    bed.faults.presenceReached = () => new Promise((resolve) => (reached = resolve));
    device.say({ type: 'watch', users: ['ben'] });
    await bed.turn();
    changed(bed, 'ben', 'away');
    changed(bed, 'ben', 'online'); // offset 1
    reached(true);
    await bed.turn();
    expect(device.socket.of('presence')).toEqual([{ type: 'presence', user: 'ben', status: 'online' }]);
  });

  it('the document counts only once the read model is as far as the feed was', async () => {
    const bed = await open();
    await friends(bed, 'ben');
    const device = await bed.hello('anna');
    const answers = [false, true];
    bed.faults.presenceReached = async () => {
      const answer = answers.shift() ?? true;
      if (answer) await stored(bed, 'ben', 'online', 5);
      return answer;
    };
    device.say({ type: 'watch', users: ['ben'] });
    await bed.turn();
    expect(device.socket.of('presence')).toMatchObject([{ user: 'ben', status: 'online' }]);
    expect(answers).toEqual([]);
  });

  it('where no router applies the channels the state is told as soon as one does', async () => {
    const bed = await open();
    await friends(bed, 'ben');
    const device = await bed.hello('anna');
    bed.presence.answers = false;
    device.say({ type: 'watch', users: ['ben'] });
    await bed.turn();
    expect(device.socket.of('presence')).toEqual([]);
    bed.presence.apply();
    await bed.turn();
    expect(device.socket.of('presence')).toHaveLength(1);
  });

  it('replaces the former set: who is not in it any more is not told of, and let go of', async () => {
    const bed = await open();
    await friends(bed, 'ben', 'carl');
    const device = await bed.hello('anna');
    device.say({ type: 'watch', users: ['ben', 'carl'] });
    await bed.turn();
    device.say({ type: 'watch', users: ['carl'] });
    await bed.turn();
    changed(bed, 'ben', 'online');
    changed(bed, 'carl', 'online');
    await bed.turn();
    expect(device.socket.of('presence').map((f) => `${f.user} ${f.status}`)).toEqual(['ben offline', 'carl offline', 'carl offline', 'carl online']);
    expect(bed.presence.heard.flatMap((m) => (m.t === 'subscribe' ? (m.remove ?? []) : []))).toEqual(['presence/ben']);
    device.gone();
    await bed.turn();
    expect(bed.presence.heard.flatMap((m) => (m.t === 'subscribe' ? (m.remove ?? []) : []))).toEqual(['presence/ben', 'presence/carl']);
  });

  it('of users with whom no conversation is shared nothing is told', async () => {
    const bed = await open();
    await friends(bed, 'ben');
    await bed.member('g', 'anna');
    await bed.member('g', 'carl');
    await bed.member('g', 'dora', 3, true); // has left
    await stored(bed, 'eve', 'online', 1);
    const device = await bed.hello('anna');
    device.say({ type: 'watch', users: ['ben', 'carl', 'dora', 'eve', 'ben', 'anna'] });
    await bed.turn();
    expect(device.socket.of('presence').map((f) => f.user)).toEqual(['anna', 'ben', 'carl']);
    expect(bed.presence.heard.flatMap((m) => (m.t === 'subscribe' ? (m.add ?? []) : []))).toEqual(['presence/anna', 'presence/ben', 'presence/carl']);
  });

  it('a conversation: its other members; one that is not yours is refused', async () => {
    const bed = await open();
    for (const user of ['anna', 'ben', 'carl']) await bed.member('g', user);
    await bed.member('g', 'dora', 0, true);
    await bed.member('other', 'ben');
    const device = await bed.hello('anna');
    device.say({ type: 'watch', conversation: 'g' });
    await bed.turn();
    expect(device.socket.of('presence').map((f) => f.user)).toEqual(['ben', 'carl']);
    device.say({ type: 'watch', conversation: 'other' });
    await bed.turn();
    expect(device.socket.of('error')).toMatchObject([{ code: 'not_found', retry: 'never' }]);
    device.say({ type: 'watch', conversation: 'g', users: ['ben'] });
    await bed.turn();
    expect(device.socket.of('error').at(-1)).toMatchObject({ code: 'bad_request' });
  });

  it('a conversation that the session has just joined may be watched at once', async () => {
    const bed = await open();
    const device = await bed.hello('anna');
    bed.messaging.answers = false;
    bed.event('g', of('g'), [joined('anna')], {}, 'user/anna');
    for (const user of ['anna', 'ben']) await bed.member('g', user);
    device.say({ type: 'watch', conversation: 'g' });
    await bed.turn();
    expect(device.socket.of('presence').map((f) => f.user)).toEqual(['ben']);
    device.say({ type: 'watch', users: ['ben'] });
    await bed.turn();
    expect(device.socket.of('presence').map((f) => f.user)).toEqual(['ben', 'ben']);
  });

  it('limit watch: of a larger conversation the first 200 others', async () => {
    const bed = await open();
    await bed.member('g', 'anna');
    const most = LIMITS.watch.value;
    for (let i = 0; i < most + 50; i++) await bed.member('g', `u${String(i).padStart(4, '0')}`, 0, i % 3 === 0);
    for (let i = most; i < most * 2; i++) await bed.member('g', `v${String(i).padStart(4, '0')}`);
    const device = await bed.hello('anna');
    device.say({ type: 'watch', conversation: 'g' });
    await bed.turn();
    expect(device.socket.of('presence')).toHaveLength(most);
  });

  it('limit edge.watched: more users than an edge watches are refused, and the former set stays', async () => {
    const bed = await open({ watched: 2 });
    await friends(bed, 'ben', 'carl', 'dora');
    const device = await bed.hello('anna');
    device.say({ type: 'watch', users: ['ben', 'carl'] });
    await bed.turn();
    device.say({ type: 'watch', users: ['ben', 'carl', 'dora'] });
    await bed.turn();
    expect(device.socket.of('error')).toMatchObject([{ code: 'unavailable', retry: 'later' }]);
    changed(bed, 'carl', 'online');
    await bed.turn();
    expect(device.socket.of('presence').at(-1)).toMatchObject({ user: 'carl', status: 'online' });
  });

  it('limit edge.lookUps: 16 sessions are looked up at once, the others wait; the newest wish of a session counts', async () => {
    const bed = await open();
    await friends(bed, 'ben');
    const devices = [];
    for (let i = 0; i < 20; i++) devices.push(await bed.hello('anna', `d${i}`));
    let looks = 0;
    const go: ((reached: boolean) => void)[] = [];
    bed.faults.reached = () => {
      looks++;
      return new Promise((resolve) => go.push(resolve));
    };
    for (const device of devices) device.say({ type: 'watch', users: [] }, { type: 'watch', users: ['ben'] });
    await bed.turn();
    expect(looks).toBe(16);
    while (go.length > 0) {
      for (const one of go.splice(0)) one(true);
      await bed.turn();
    }
    for (const { socket } of devices) expect(socket.of('presence')).toHaveLength(1);
  });

  it('a watch is asked again with each fresh token: who left is told of no more', async () => {
    const bed = await open();
    await bed.member('g', 'anna');
    await bed.member('g', 'ben');
    const device = await bed.hello('anna');
    device.say({ type: 'watch', users: ['ben'] });
    await bed.turn();
    await bed.member('g', 'ben', 5, true);
    device.say({ type: 'auth', token: 'anna' });
    await bed.turn();
    changed(bed, 'ben', 'online');
    await bed.turn();
    expect(device.socket.of('presence')).toEqual([{ type: 'presence', user: 'ben', status: 'offline' }]);
  });

  it('who leaves a conversation is told of its members no more after that', async () => {
    const bed = await open();
    await bed.member('g', 'anna');
    await bed.member('g', 'ben');
    const device = await bed.hello('anna');
    device.say({ type: 'watch', conversation: 'g' });
    await bed.turn();
    bed.event('g', of('g'), [left('anna')], {}, 'user/anna');
    await bed.turn();
    changed(bed, 'ben', 'online');
    await bed.turn();
    expect(device.socket.of('presence')).toHaveLength(1);
  });

  it('one wait a session, however often it changes its wish while no router answers; told at the end is the last one (P7)', async () => {
    const bed = await open();
    await friends(bed, 'ben', 'carl');
    await stored(bed, 'ben', 'online', 4);
    const device = await bed.hello('anna');
    bed.presence.answers = false;
    const waits = vi.spyOn(Waiting.prototype, 'until');
    for (let i = 0; i < 40; i++) {
      device.say({ type: 'watch', users: i % 2 === 0 ? ['ben', 'carl'] : ['ben'] });
      await bed.turn();
    }
    expect(waits).toHaveBeenCalledTimes(1);
    expect(device.socket.of('presence')).toEqual([]);
    waits.mockRestore();
    bed.presence.answers = true;
    bed.presence.apply();
    await bed.turn();
    expect(device.socket.of('presence')).toMatchObject([{ user: 'ben', status: 'online' }]);
  });

  it('after a gap in the feed everybody is told the state anew', async () => {
    const bed = await open();
    await friends(bed, 'ben');
    const device = await bed.hello('anna');
    device.say({ type: 'watch', users: ['ben'] });
    await bed.turn();
    bed.presence.feed.send({ t: 'reset' });
    await stored(bed, 'ben', 'online', 5);
    await bed.clock.advance(1_000);
    expect(device.socket.of('presence').map((f) => f.status)).toEqual(['offline', 'online']);
    expect(device.socket.code).toBeUndefined();
  });

  it('what was read before a gap does not count behind it', async () => {
    const bed = await open();
    await friends(bed, 'ben');
    const device = await bed.hello('anna');
    const go: ((reached: boolean) => void)[] = [];
    bed.faults.presenceReached = () => new Promise((resolve) => go.push(resolve));
    device.say({ type: 'watch', users: ['ben'] });
    await bed.turn();
    bed.presence.feed.send({ t: 'reset' });
    await bed.clock.advance(1_000);
    go.shift()?.(true); // the look from before
    await bed.turn();
    expect(device.socket.of('presence')).toEqual([]);
    await stored(bed, 'ben', 'online', 5);
    go.shift()?.(true);
    await bed.turn();
    expect(device.socket.of('presence').map((f) => f.status)).toEqual(['online']);
  });

  it('a read model that stays behind: unavailable, after half a minute', async () => {
    const bed = await open();
    await friends(bed, 'ben');
    const device = await bed.hello('anna');
    bed.faults.presenceReached = () => new Promise((resolve) => bed.clock.after(2_000, () => resolve(false)));
    device.say({ type: 'watch', users: ['ben'] });
    await bed.clock.advance(29_000);
    expect(device.socket.of('error')).toEqual([]);
    await bed.clock.advance(2_000);
    expect(device.socket.of('error')).toMatchObject([{ code: 'unavailable' }]);
  });
});
