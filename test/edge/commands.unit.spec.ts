import { type Command, type EventRecord, COMMANDS as NAMES } from '@clatter/contract';
import type { NewRecord } from '@clatter/ports';
import { describe, expect, it } from 'vitest';
import { Bed, COMMANDS, failure, ref, text } from './harness.ts';

const open = (...args: ConstructorParameters<typeof Bed>): Promise<Bed> => new Bed(...args).start();
const commands = (bed: Bed): Command[] => bed.appended<Command>(COMMANDS);

/** The record that an owner would write for a command. */
const decided = (bed: Bed, command: Command, more: Partial<EventRecord>): void =>
  void bed.event(command.key, 0, [], { command: { offset: 0, id: command.id }, actor: command.actor, origin: command.origin, ...more });

describe('on the way into the log', () => {
  it('a command stands in the log with its actor and where its answer goes', async () => {
    const bed = await open();
    const device = await bed.hello('anna/s1', 'd7');
    device.say(text(1, 'hello'));
    await bed.turn();
    expect(commands(bed)).toMatchObject([
      {
        id: ref(1),
        name: 'message.send',
        key: 'c1',
        actor: { user: 'anna', session: 's1', device: 'd7' },
        origin: { edge: bed.edge.core.instance, ref: ref(1) },
        data: { conversation: 'c1', kind: 'text', text: 'hello' },
      },
    ]);
  });

  it('a direct conversation gets its id from the pair', async () => {
    const bed = await open();
    const device = await bed.hello('mia');
    device.say(text(1, 'hi', { direct: 'anna' }));
    await bed.turn();
    expect(commands(bed)).toMatchObject([{ key: 'd.anna.mia', data: { conversation: 'd.anna.mia' } }]);
    expect(commands(bed)[0]?.data).not.toHaveProperty('direct');
  });

  it('who is named and does not exist: refused in the log, not before it', async () => {
    const bed = await open();
    bed.faults.users = async (users) => users.filter((u) => u === 'nobody');
    const device = await bed.hello('anna');
    device.say({ type: 'command', ref: ref(1), name: 'conversation.addMembers', data: { conversation: 'c1', members: ['ben', 'nobody'] } });
    await bed.turn();
    expect(commands(bed)).toMatchObject([{ id: ref(1), refused: 'not_found' }]);
    expect(device.socket.of('error')).toEqual([]);
  });

  it.each([
    ['no such command', { name: 'message.shout', data: {} }, 'bad_request'],
    ["a name of Object's own", { name: 'toString', data: {} }, 'bad_request'],
    ['data that does not fit', { name: 'message.send', data: { conversation: 'c1', kind: 'text', text: 7 } }, 'bad_request'],
    ['no target', { name: 'message.send', data: { kind: 'text', text: 'a' } }, 'bad_request'],
    ['two targets', { name: 'message.send', data: { conversation: 'c1', direct: 'ben', kind: 'text', text: 'a' } }, 'bad_request'],
    ['a direct conversation with oneself', { name: 'message.send', data: { direct: 'anna', kind: 'text', text: 'a' } }, 'bad_request'],
    ['limit text: more than 16,384 bytes', { name: 'message.send', data: { conversation: 'c1', kind: 'text', text: 'ü'.repeat(8_193) } }, 'too_large'],
    [
      'limit membersPerCommand: more than 500 members at once',
      { name: 'conversation.addMembers', data: { conversation: 'c1', members: Array.from({ length: 501 }, (_, i) => `u${i}`) } },
      'bad_request',
    ],
    ['limit title: more than 128 characters', { name: 'conversation.update', data: { conversation: 'c1', title: 'a'.repeat(129) } }, 'bad_request'],
    ['limit topic: more than 1,024 characters', { name: 'conversation.update', data: { conversation: 'c1', topic: 'a'.repeat(1_025) } }, 'bad_request'],
    [
      'limit mentions: more than 50 mentions',
      { name: 'message.send', data: { conversation: 'c1', kind: 'text', text: 'a', mentions: Array.from({ length: 51 }, (_, i) => `u${i}`) } },
      'bad_request',
    ],
  ])('%s: refused for ever, and not in the log', async (_, command, code) => {
    const bed = await open();
    const device = await bed.hello('anna');
    device.say({ type: 'command', ref: ref(1), ...command });
    await bed.turn();
    expect(device.socket.of('error')).toMatchObject([{ ref: ref(1), code, retry: 'never' }]);
    expect(commands(bed)).toEqual([]);
  });

  it('a text of exactly 16,384 bytes is taken', async () => {
    const bed = await open();
    const device = await bed.hello('anna');
    device.say(text(1, 'ü'.repeat(8_192)));
    await bed.turn();
    expect(commands(bed)).toHaveLength(1);
  });

  it('a command that is looked up is not overtaken by a later one of its device', async () => {
    const bed = await open();
    const answers: (() => void)[] = [];
    bed.faults.users = () => new Promise((resolve) => answers.push(() => resolve([])));
    const device = await bed.hello('anna');
    device.say(text(1, 'first', { direct: 'ben' }), text(2, 'second', { direct: 'ben' }), text(3, 'third', { conversation: 'd.anna.ben' }));
    await bed.turn();
    expect(commands(bed)).toEqual([]);
    while (answers.length > 0) {
      answers.shift()?.();
      await bed.turn();
    }
    expect(commands(bed).map((c) => c.id)).toEqual([ref(1), ref(2), ref(3)]);
    expect(bed.edge.core.registry.sessions.values().next().value?.sending).toBeUndefined();
  });

  it('what fails in a look-up is unavailable, and does not hold up what follows', async () => {
    const bed = await open();
    bed.faults.users = () => Promise.reject(new Error('the store is away'));
    const device = await bed.hello('anna');
    device.say(text(1, 'first', { direct: 'ben' }), text(2));
    await bed.turn();
    expect(device.socket.of('error')).toMatchObject([{ ref: ref(1), code: 'unavailable', retry: 'same' }]);
    expect(commands(bed).map((c) => c.id)).toEqual([ref(2)]);
  });

  it('every command of the contract is known here', async () => {
    const bed = await open();
    const device = await bed.hello('anna');
    for (const [i, name] of Object.keys(NAMES).entries()) device.say({ type: 'command', ref: ref(i), name, data: {} });
    await bed.turn();
    expect(device.socket.of('error').filter((e) => e.message.includes('There is no command'))).toEqual([]);
    expect(device.socket.of('error')).toHaveLength(Object.keys(NAMES).length);
  });
});

describe('limits', () => {
  it('limit inFlight: at most 32 unanswered of a device; the same ref again counts once', async () => {
    const bed = await open();
    const device = await bed.hello('anna');
    for (let i = 0; i < 32; i++) device.say(text(i));
    device.say(text(0));
    device.say(text(32));
    await bed.turn();
    expect(device.socket.of('error')).toMatchObject([{ ref: ref(32), code: 'rate_limited', retry: 'same', after: 1_000 }]);
    decided(bed, commands(bed)[0] as Command, {});
    await bed.turn();
    device.say(text(32));
    await bed.turn();
    expect(device.socket.of('error')).toHaveLength(1);
    expect(commands(bed).some((c) => c.id === ref(32))).toBe(true);
  });

  it('limits edge.batchCommands, edge.batchBytes: a produce holds no more commands and bytes than a broker takes', async () => {
    const bed = await open({ batchBytes: 50_000, batchCommands: 10 });
    const batches: (readonly NewRecord[])[] = [];
    bed.faults.append = async (_, records) => void batches.push(records);
    const [anna, ben] = [await bed.hello('anna'), await bed.hello('ben')];
    for (let i = 0; i < 12; i++) anna.say(text(i, 'a'.repeat(12_000)));
    for (let i = 0; i < 20; i++) ben.say(text(i));
    await bed.turn();
    expect(batches.flat()).toHaveLength(32);
    expect(Math.max(...batches.map((b) => b.length))).toBe(10);
    expect(Math.max(...batches.map((b) => b.reduce((sum, r) => sum + r.value.length, 0)))).toBeLessThanOrEqual(50_000);
  });

  it.each([{ queuedCommands: 2 }, { queuedBytes: 1_500 }])(
    'limits edge.queuedCommands, edge.queuedBytes: beyond %o commands are refused while one produce flies',
    async (limit) => {
      const bed = await open(limit);
      let go = (): void => {};
      bed.faults.append = () => new Promise((resolve) => (go = resolve));
      const device = await bed.hello('anna');
      for (let i = 0; i < 6; i++) {
        device.say(text(i));
        await bed.turn();
      }
      const refused = device.socket.of('error');
      expect(refused.length).toBeGreaterThan(0);
      expect(refused.at(-1)).toMatchObject({ ref: ref(5), code: 'unavailable', retry: 'same' });
      for (let i = 0; i < 4; i++) {
        go();
        await bed.turn();
      }
      bed.faults.append = async () => {};
      device.say(text(6));
      await bed.turn();
      expect(commands(bed)).toHaveLength(7 - refused.length);
    },
  );
});

describe('when the log fails', () => {
  it.each([
    ['retriable', 'unavailable'],
    ['ambiguous', 'timeout'],
  ] as const)('a %s produce: %s for its batch, timeout for the queue behind it, all `same`', async (kind, code) => {
    const bed = await open();
    let fail = (): void => {};
    bed.faults.append = () => new Promise((_, reject) => (fail = () => reject(failure(kind))));
    const device = await bed.hello('anna');
    device.say(text(1));
    await bed.turn();
    device.say(text(2), text(3));
    await bed.turn();
    fail();
    await bed.turn();
    expect(device.socket.of('error').map((e) => [e.ref, e.code, e.retry])).toEqual([
      [ref(1), code, 'same'],
      [ref(2), 'timeout', 'same'],
      [ref(3), 'timeout', 'same'],
    ]);
    delete bed.faults.append;
    await bed.clock.advance(300);
    device.say(text(1), text(2), text(3));
    await bed.turn();
    expect(commands(bed).map((c) => c.id)).toEqual([ref(1), ref(2), ref(3)]);
  });

  it('a log that does not answer: timeout within 10 s, and unavailable at once from then on', async () => {
    const bed = await open();
    let go = (): void => {};
    bed.faults.append = async (topic) => {
      if (topic === COMMANDS) await new Promise<void>((resolve) => (go = resolve));
    };
    const device = await bed.hello('anna');
    device.say(text(1));
    await bed.turn();
    device.say(text(2));
    await bed.clock.advance(10_000);
    device.say(text(3));
    await bed.turn();
    expect(device.socket.of('error').map((e) => [e.ref, e.code])).toEqual([
      [ref(1), 'timeout'],
      [ref(2), 'unavailable'],
      [ref(3), 'unavailable'],
    ]);
    delete bed.faults.append;
    go();
    await bed.turn();
    device.say(text(2));
    await bed.turn();
    expect(commands(bed).map((c) => c.id)).toEqual([ref(1), ref(2)]);
    expect(device.socket.code).toBeUndefined();
  });
});

describe('the answer', () => {
  const answered = async (more: Partial<EventRecord>) => {
    const bed = await open();
    await bed.member('c1', 'anna');
    const device = await bed.hello('anna');
    device.say(text(1));
    await bed.turn();
    decided(bed, commands(bed)[0] as Command, more);
    await bed.turn();
    return device.socket.frames.slice(1);
  };

  it('accepted: the event first, then ok', async () => {
    expect(await answered({ answer: { conversation: 'c1', number: 1, seq: 1, at: 5 } })).toMatchObject([
      { type: 'event' },
      { type: 'ok', ref: ref(1), data: { conversation: 'c1', number: 1, seq: 1, at: 5 } },
    ]);
  });

  it('duplicate: the first answer again, marked, and no event', async () => {
    expect(await answered({ outcome: 'duplicate', of: { outcome: 'accepted', data: { number: 1 } } })).toEqual([
      { type: 'ok', ref: ref(1), data: { number: 1 }, duplicate: true },
    ]);
    expect(await answered({ outcome: 'duplicate', of: { outcome: 'rejected', code: 'conflict' } })).toMatchObject([
      { type: 'error', ref: ref(1), code: 'conflict', retry: 'never' },
    ]);
  });

  it('rejected: its code and what the table says of it', async () => {
    expect(await answered({ outcome: 'rejected', code: 'forbidden' })).toMatchObject([{ type: 'error', ref: ref(1), code: 'forbidden', retry: 'never' }]);
    expect(await answered({ outcome: 'rejected', code: 'clock_skew' })).toMatchObject([{ type: 'error', ref: ref(1), code: 'clock_skew', retry: 'later' }]);
  });

  it('of another edge, or of a session that is gone, goes nowhere', async () => {
    const bed = await open();
    const device = await bed.hello('anna');
    device.say(text(1));
    await bed.turn();
    const command = commands(bed)[0] as Command;
    decided(bed, { ...command, origin: { ...command.origin, edge: 'another' } }, {});
    decided(bed, { ...command, origin: { ...command.origin, session: 'gone' } }, {});
    await bed.turn();
    expect(device.socket.of('ok')).toEqual([]);
  });
});

describe('over HTTP', () => {
  const caller = { user: 'anna', session: 's1', device: 's1' };
  const body = (n: number) => ({ ref: ref(n), name: 'message.send', data: { conversation: 'c1', kind: 'text', text: 'hi' } });

  it('resolves with the body of ok, rejects with the code', async () => {
    const bed = await open();
    const [good, bad] = [bed.edge.request(caller, body(1)), bed.edge.request(caller, body(2))];
    const refused = expect(bad).rejects.toMatchObject({ code: 'forbidden' });
    await bed.turn();
    const [one, two] = commands(bed) as [Command, Command];
    decided(bed, one, { outcome: 'duplicate', of: { outcome: 'accepted', data: { number: 1 } } });
    decided(bed, two, { outcome: 'rejected', code: 'forbidden' });
    await bed.turn();
    expect(await good).toEqual({ data: { number: 1 }, duplicate: true });
    await refused;
  });

  it('no answer within 10 s: timeout', async () => {
    const bed = await open();
    const asked = expect(bed.edge.request(caller, body(1))).rejects.toMatchObject({ code: 'timeout', retry: 'same' });
    await bed.clock.advance(10_000);
    await asked;
  });

  it('limit edge.requests: takes from the buckets of user and address, and waits in bounded number', async () => {
    const bed = await open({ userRate: 2, requests: 3 });
    const outcomes: string[] = [];
    for (const [n, user] of ['anna', 'anna', 'anna', 'anna', 'anna', 'ben'].entries())
      bed.edge.request({ ...caller, user }, body(n)).catch((e: { code: string }) => outcomes.push(`${user} ${e.code}`));
    await bed.turn();
    expect(outcomes).toEqual(['anna unavailable', 'anna rate_limited', 'ben unavailable']);
    expect(commands(bed)).toHaveLength(3);
  });
});
