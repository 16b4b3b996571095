import type { Command } from '@clatter/contract';
import { describe, expect, it } from 'vitest';
import { Bed, COMMANDS, closed, joined, left, ref, sent, text } from './harness.ts';

const open = (...args: ConstructorParameters<typeof Bed>): Promise<Bed> => new Bed(...args).start();

describe('what comes in (protocol §1)', () => {
  it('hello is answered by welcome with cursor and limits', async () => {
    const bed = await open();
    const { socket } = await bed.hello('anna');
    expect(socket.frames).toEqual([
      {
        type: 'welcome',
        session: 's-anna',
        user: 'anna',
        cursor: '1.memory.messaging.events=-1,-1;messaging.marks=-1,-1',
        now: bed.clock.now(),
        heartbeat: 25_000,
        limits: { frame: 65_536, inFlight: 32, refSpan: 64 },
        expires: bed.clock.now() + 3_600_000,
      },
    ]);
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '7'],
    ['null', 'null'],
    ['no type', '{}'],
    ['an unknown type', '{"type":"shout"}'],
    ["a name of Object's own", '{"type":"constructor"}'],
    ['a field of the wrong type', '{"type":"read","conversation":"c1","number":"one"}'],
    ['limit watch: more than 200 users', JSON.stringify({ type: 'watch', users: Array.from({ length: 201 }, (_, i) => `u${i}`) })],
    ['limit edge.framesAtOnce: more than 64 at once', JSON.stringify(Array.from({ length: 65 }, () => ({ type: 'ping' })))],
  ])('%s: error bad_frame, and the socket stays', async (_, bad) => {
    const bed = await open();
    const device = await bed.hello('anna');
    device.text(bad);
    device.say({ type: 'ping' });
    await bed.turn();
    expect(device.socket.of('error')).toMatchObject([{ code: 'bad_frame', retry: 'never' }]);
    expect(device.socket.of('pong')).toHaveLength(1);
  });

  it('a bad frame of an array leaves the others as they are; a bad command is answered by its ref', async () => {
    const bed = await open();
    const device = await bed.hello('anna');
    device.say({ type: 'ping' }, { type: 'command', ref: ref(1), name: 7 }, text(2), { type: 'ping' });
    await bed.turn();
    expect(device.socket.of('error')).toMatchObject([{ ref: ref(1), code: 'bad_frame', retry: 'never' }]);
    expect(device.socket.of('pong')).toHaveLength(2);
    expect(bed.appended<Command>(COMMANDS).map((c) => c.id)).toEqual([ref(2)]);
  });

  it('unknown fields are ignored', async () => {
    const bed = await open();
    const device = await bed.hello('anna');
    device.say({ type: 'ping', colour: 'blue' });
    await bed.turn();
    expect(device.socket.of('pong')).toHaveLength(1);
  });

  it('nothing but hello is taken before hello, and hello once', async () => {
    const bed = await open();
    const device = bed.socket();
    device.say({ type: 'ping' });
    device.say({ type: 'hello', version: 1, token: 'anna', device: { id: 'd1' } });
    await bed.turn();
    device.say({ type: 'hello', version: 1, token: 'anna', device: { id: 'd1' } });
    await bed.turn();
    expect(device.socket.frames.map((f) => (f.type === 'error' ? f.code : f.type))).toEqual(['unauthenticated', 'welcome', 'bad_frame']);
  });

  it('a pong carries the cursor and comes behind what it covers', async () => {
    const bed = await open();
    await bed.member('c1', 'anna');
    const device = await bed.hello('anna');
    bed.event('c1', 1, [sent(1)]);
    await bed.turn();
    device.say({ type: 'ping' });
    await bed.turn();
    expect(device.socket.frames.slice(1)).toMatchObject([
      { type: 'event', rev: 0 },
      { type: 'pong', cursor: '1.memory.messaging.events=-1,0;messaging.marks=-1,-1' },
    ]);
  });
});

describe('limits at the socket', () => {
  it('limits frame, helloFrame: a frame has at most 64 KiB, before hello 4 KiB, counted in bytes: closed 1009', async () => {
    const bed = await open();
    const early = bed.socket();
    early.text(JSON.stringify({ type: 'hello', pad: 'ü'.repeat(2_100) }));
    expect(early.socket.code).toBe(1009);
    const device = await bed.hello('anna');
    device.text(JSON.stringify({ type: 'ping', pad: 'ü'.repeat(32_000) }));
    expect(device.socket.code).toBeUndefined();
    device.text(JSON.stringify({ type: 'ping', pad: 'ü'.repeat(33_000) }));
    expect(device.socket.code).toBe(1009);
  });

  it('limit helloWithin: hello comes within 5 s: else closed 4009', async () => {
    const bed = await open();
    const device = bed.socket();
    await bed.clock.advance(4_900);
    expect(device.socket.code).toBeUndefined();
    await bed.clock.advance(200);
    expect(device.socket.code).toBe(closed('heartbeat_missed'));
  });

  it('limits edge.sockets, edge.socketsPerAddress: sockets in all and per address are counted, and counted out', async () => {
    const bed = await open({ sockets: 3, socketsPerAddress: 2 });
    const [one, two] = [bed.socket('a'), bed.socket('a')];
    expect(bed.socket('a').socket.code).toBe(closed('abuse'));
    const other = bed.socket('b');
    expect(bed.socket('c').socket.code).toBe(closed('drain'));
    expect([one, two, other].map((d) => d.socket.code)).toEqual([undefined, undefined, undefined]);
    one.gone();
    expect(bed.socket('a').socket.code).toBeUndefined();
  });

  it.each(['sessionRate', 'userRate', 'addressRate'] as const)(
    'limits edge.sessionRate, edge.userRate, edge.addressRate: by %s rate_limited with the time to wait, and the ref stays',
    async (limit) => {
      const bed = await open({ [limit]: 5 });
      const device = await bed.hello('anna');
      for (let i = 0; i < 10; i++) device.say({ type: 'ping' });
      device.say(text(1));
      await bed.turn();
      expect(device.socket.of('pong')).toHaveLength(10);
      expect(device.socket.of('error')).toMatchObject([{ ref: ref(1), code: 'rate_limited', retry: 'same', after: 200 }]);
      await bed.clock.advance(200);
      device.say({ type: 'ping' });
      await bed.turn();
      expect(device.socket.of('pong')).toHaveLength(11);
    },
  );

  it('limit edge.abuse: who floods on and on is closed 4229, also where some of it passes', async () => {
    const bed = await open({ sessionRate: 5, abuse: 50 });
    const device = await bed.hello('anna');
    for (let i = 0; i < 20 && device.socket.code === undefined; i++) {
      for (let k = 0; k < 10; k++) device.say({ type: 'ping' });
      await bed.clock.advance(1_000);
    }
    expect(device.socket.code).toBe(closed('abuse'));
  });

  it('limit edge.calmAfter: refusals with a calm between them, or for the sake of others, are no abuse', async () => {
    const bed = await open({ abuse: 5, addressRate: 5 });
    const device = await bed.hello('anna');
    for (let i = 0; i < 30; i++) device.say({ type: 'ping' });
    for (let i = 0; i < 10; i++) {
      device.text('{');
      await bed.clock.advance(11_000);
    }
    expect(device.socket.code).toBeUndefined();
  });

  it('limit edge.slowBytes: a session that does not read is closed 4008 and gets nothing more', async () => {
    const bed = await open({ slowBytes: 1_000 });
    await bed.member('c1', 'anna');
    const device = await bed.hello('anna');
    device.socket.waiting = 900;
    bed.event('c1', 0, [sent(1)]);
    await bed.turn();
    expect(device.socket.code).toBe(closed('slow_consumer'));
    expect(device.socket.of('event')).toHaveLength(0);
  });

  it('limit edge.slowFrames: at most 5,000 frames are gathered for a socket in one turn: 4008', async () => {
    const bed = await open({ slowFrames: 3, sessionRate: 1_000 });
    const device = await bed.hello('anna');
    device.say(...Array.from({ length: 4 }, () => ({ type: 'ping' })));
    await bed.turn();
    expect(device.socket.code).toBe(closed('slow_consumer'));
  });
});

describe('how a session ends', () => {
  it('an unknown version: 4212', async () => {
    const bed = await open();
    const device = bed.socket();
    device.say({ type: 'hello', version: 2, token: 'anna', device: { id: 'd1' } });
    expect(device.socket.code).toBe(closed('version_not_supported'));
  });

  it('limit heartbeat: two missing heartbeats: 4009; who speaks stays', async () => {
    const bed = await open({ heartbeat: 1_000 });
    const [silent, speaking] = [await bed.hello('anna'), await bed.hello('ben')];
    for (let i = 0; i < 5; i++) {
      speaking.say({ type: 'ping' });
      await bed.clock.advance(1_000);
    }
    expect([silent.socket.code, speaking.socket.code]).toEqual([closed('heartbeat_missed'), undefined]);
  });

  it('limit edge.expiringBefore: a token that ends: expiring, then 4101; a fresh one of the same session prolongs it', async () => {
    const bed = await open({ heartbeat: 1e9 });
    const [ends, renews] = [await bed.hello('anna/s1/70000'), await bed.hello('ben/s2/70000')];
    await bed.clock.advance(11_000);
    expect(ends.socket.of('expiring')).toHaveLength(1);
    renews.say({ type: 'auth', token: 'ben/s3/900000' });
    await bed.turn();
    expect(renews.socket.of('error')).toMatchObject([{ code: 'forbidden' }]);
    renews.say({ type: 'auth', token: 'ben/s2/900000' });
    await bed.clock.advance(60_000);
    expect([ends.socket.code, renews.socket.code]).toEqual([closed('token_expired'), undefined]);
  });

  it('the same session and device again: the former socket is closed 4103', async () => {
    const bed = await open();
    const first = await bed.hello('anna');
    const second = await bed.hello('anna');
    const other = await bed.hello('anna', 'd2');
    expect([first.socket.code, second.socket.code, other.socket.code]).toEqual([closed('session_replaced'), undefined, undefined]);
  });

  it('limit edge.drainWave: drain: told, then closed 4001 within the wave; nobody comes in any more', async () => {
    const bed = await open({ drainWave: 1_000 });
    const device = await bed.hello('anna');
    const stopped = bed.edge.stop();
    await bed.turn();
    expect(device.socket.of('drain')).toEqual([{ type: 'drain', after: 0, by: 1_000 }]);
    expect(bed.socket().socket.code).toBe(closed('drain'));
    await bed.clock.advance(1_000);
    await stopped;
    expect(device.socket.code).toBe(closed('drain'));
  });

  it('limit edge.answerWithin: no router for 10 s: unavailable and 4000, not a silent socket', async () => {
    const bed = await open();
    bed.messaging.answers = false;
    const device = await bed.hello('anna');
    await bed.clock.advance(12_000);
    expect(device.socket.of('error')).toMatchObject([{ code: 'unavailable', retry: 'later' }]);
    expect(device.socket.code).toBe(closed('unknown'));
  });

  it('limit edge.connectWithin: read models that stay behind: unavailable and 4000', async () => {
    const bed = await open();
    bed.faults.reached = async () => false;
    const { socket } = await bed.hello('anna');
    expect(socket.of('error')).toMatchObject([{ code: 'unavailable' }]);
    expect(socket.code).toBe(closed('unknown'));
  });
});

describe('what goes out', () => {
  it('an event is written once for all, in one write per socket and turn', async () => {
    const bed = await open();
    for (const user of ['anna', 'ben']) await bed.member('c1', user);
    const [anna, ben] = [await bed.hello('anna'), await bed.hello('ben')];
    const before = anna.socket.writes;
    bed.event('c1', 0, [sent(1)]);
    bed.event('c1', 0, [sent(2)]);
    await bed.turn();
    expect(anna.socket.of('event').map((e) => e.rev)).toEqual([0, 1]);
    expect(anna.socket.of('event')[0]).toEqual({
      type: 'event',
      conversation: 'c1',
      rev: 0,
      at: 5,
      actor: { user: 'anna', device: 'd' },
      events: [{ name: 'message.sent', seq: 1, data: { number: 1, ref: ref(1), kind: 'text', text: 'hi' } }],
    });
    expect(ben.socket.of('event')).toEqual(anna.socket.of('event'));
    expect(anna.socket.writes).toBe(before + 1);
  });

  it('joined while live: after applied, with a cursor that covers the join; until then the cursor stays before it', async () => {
    const bed = await open();
    const device = await bed.hello('anna');
    bed.messaging.answers = false;
    const rev = bed.event('c2', 1, [joined('anna')]);
    bed.event('c9', 1, []);
    await bed.turn();
    device.say({ type: 'ping' });
    await bed.turn();
    expect(device.socket.of('pong')[0]?.cursor).toBe('1.memory.messaging.events=-1,-1;messaging.marks=-1,-1');
    expect(device.socket.of('signal')).toEqual([]);
    bed.messaging.apply();
    await bed.turn();
    expect(device.socket.of('signal')).toMatchObject([
      { name: 'conversation.joined', rev, data: { conversation: 'c2', upto: '1.memory.messaging.events=-1,1;messaging.marks=-1,-1' } },
    ]);
    bed.event('c2', 1, [sent(1)]);
    await bed.turn();
    expect(device.socket.of('event')).toHaveLength(1);
  });

  it('a removal takes effect at its record (P6)', async () => {
    const bed = await open();
    await bed.member('c1', 'anna');
    const device = await bed.hello('anna');
    const rev = bed.event('c1', 0, [left('anna')]);
    bed.event('c1', 0, [sent(1)]);
    await bed.turn();
    expect(device.socket.frames.slice(1)).toMatchObject([
      { type: 'event', rev },
      { type: 'signal', name: 'conversation.left', rev, data: { conversation: 'c1' } },
    ]);
  });

  it('a removal cancels a join that waits (P6)', async () => {
    const bed = await open();
    const device = await bed.hello('anna');
    bed.messaging.answers = false;
    bed.event('c2', 1, [joined('anna')]);
    bed.event('c2', 1, [left('anna')]);
    await bed.turn();
    bed.messaging.apply();
    bed.event('c2', 1, [sent(1)]);
    await bed.turn();
    expect(device.socket.frames.slice(1).map((f) => (f.type === 'signal' ? f.name : f.type))).toEqual(['conversation.left']);
  });
});
