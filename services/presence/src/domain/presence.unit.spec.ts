import type { PresenceFact } from '@clatter/contract';
import { describe, expect, it } from 'vitest';
import { AT_ONCE, GRACE, HOLDERS, LEASES_PER_USER, type Root } from './cells.ts';
import { logged, opening, TestPartition } from './testPartition.ts';

const changes = (facts: readonly PresenceFact[]) => facts.flatMap((f) => (f.name === 'presence.changed' ? [`${f.data.user} ${f.data.status}`] : []));
const named = <N extends PresenceFact['name']>(facts: readonly PresenceFact[], name: N) =>
  facts.filter((f): f is PresenceFact & { readonly name: N } => f.name === name).map((f) => f.data);

describe('status of one user', () => {
  it('the first connection makes him online, a second changes nothing', () => {
    const p = new TestPartition();
    expect(changes(p.open('anna', 'e1'))).toEqual(['anna online']);
    expect(changes(p.open('anna', 'e2'))).toEqual([]);
    expect(p.status('anna')).toBe('online');
  });

  it('away when every device is, online when one comes back', () => {
    const p = new TestPartition();
    p.open('anna', 'e1');
    p.open('anna', 'e2');
    expect(changes(p.active('anna', 'e1', false))).toEqual([]);
    expect(changes(p.active('anna', 'e2', false))).toEqual(['anna away']);
    expect(changes(p.active('anna', 'e1', true))).toEqual(['anna online']);
  });

  it('the only active device ends: away', () => {
    const p = new TestPartition();
    p.open('anna', 'e1', { active: false });
    p.open('anna', 'e2');
    expect(changes(p.close('anna', 'e2'))).toEqual(['anna away']);
  });

  it('limit presence.grace: the last connection ends, nothing for 5 s, then offline since it ended', () => {
    const p = new TestPartition();
    p.open('anna', 'e1');
    p.pass(10_000, 'e1');
    p.now += 1_000;
    const ended = p.now;
    expect(changes(p.close('anna', 'e1'))).toEqual([]);
    p.now = ended + GRACE - 1;
    expect(changes(p.tick())).toEqual([]);
    expect(p.status('anna')).toBe('online');
    p.now = ended + GRACE;
    expect(named(p.tick(), 'presence.changed')).toEqual([{ user: 'anna', status: 'offline', lastSeen: ended }]);
    expect(changes(p.pass(30_000, 'e1'))).toEqual([]);
  });

  it('back within the grace: nobody hears of it', () => {
    const p = new TestPartition();
    p.open('anna', 'e1');
    p.close('anna', 'e1');
    p.now += 4_000;
    expect(changes(p.open('anna', 'e1', { lease: 'second', connection: 'second' }))).toEqual([]);
    expect(changes(p.pass(30_000, 'e1'))).toEqual([]);
    expect(p.status('anna')).toBe('online');
  });

  it.each([
    ['a connection that is not known ends', (p: TestPartition) => p.close('anna', 'e1', 'nobody')],
    ['active twice', (p: TestPartition) => p.active('anna', 'e1', true)],
    ['an unknown command', (p: TestPartition) => p.take('session.painted', 'anna', {})],
    ["a name of Object's own", (p: TestPartition) => p.take('constructor', 'anna', {})],
    ['data that does not fit', (p: TestPartition) => p.take('session.opened', 'anna', { lease: 7 })],
  ])('%s: no record', (_, act) => {
    const p = new TestPartition();
    p.open('anna', 'e1');
    const before = p.records.length;
    expect(act(p)).toEqual([]);
    expect(p.records).toHaveLength(before);
  });

  it('a copy of a command that came late changes nothing', () => {
    const p = new TestPartition();
    p.take('session.opened', 'anna', opening('anna', 'e1', 1));
    p.take('session.closed', 'anna', { lease: 'anna@e1', holder: 'e1.1', n: 2 });
    expect(p.take('session.opened', 'anna', opening('anna', 'e1', 1))).toEqual([]);
    expect(changes(p.pass(10_000, 'e1'))).toEqual(['anna offline']);
  });

  it('limit presence.leases: beyond it the oldest connection counts no more', () => {
    const p = new TestPartition();
    for (let i = 0; i <= LEASES_PER_USER; i++) p.open('anna', 'e1', { lease: `l${i}`, connection: `l${i}`, device: `d${i}` });
    expect((p.cells.get('user/anna') as { leases: { lease: string }[] }).leases.map((l) => l.lease)).toEqual(
      Array.from({ length: LEASES_PER_USER }, (_, i) => `l${i + 1}`),
    );
  });
});

describe('the same session and device connects again (4103)', () => {
  it('on another edge: the former one is told, and only the newer counts', () => {
    const p = new TestPartition();
    p.open('anna', 'e1', { session: 's' });
    expect(named(p.open('anna', 'e2', { session: 's' }), 'session.replaced')).toEqual([{ edge: 'e1', connection: 'anna@e1' }]);
    p.close('anna', 'e2');
    expect(changes(p.pass(10_000, 'e1', 'e2'))).toEqual(['anna offline']);
  });

  it('on the same edge, which has closed the former itself: nobody is told', () => {
    const p = new TestPartition();
    p.open('anna', 'e1');
    const facts = p.open('anna', 'e1', { lease: 'second', connection: 'second' });
    expect(named(facts, 'session.replaced')).toEqual([]);
    expect(named(facts, 'lease.ended')).toMatchObject([{ lease: 'anna@e1' }]);
  });

  it('another device of the same session is another connection', () => {
    const p = new TestPartition();
    p.open('anna', 'e1', { session: 's' });
    expect(named(p.open('anna', 'e2', { session: 's', device: 'other' }), 'session.replaced')).toEqual([]);
  });

  it('an edge that opens its sessions again does not take one back that went on elsewhere', () => {
    const p = new TestPartition();
    p.open('anna', 'e1', { session: 's' });
    p.open('anna', 'e2', { session: 's' });
    const facts = p.open('anna', 'e1', { session: 's', lease: 'anna@e1.2', holder: 'e1.2', again: true });
    expect(facts.map((f) => f.name)).toEqual(['session.replaced']);
    expect(named(facts, 'session.replaced')).toEqual([{ edge: 'e1', connection: 'anna@e1' }]);
  });
});

describe('an edge is lost', () => {
  const silent = (more: (p: TestPartition) => void = () => {}): TestPartition => {
    const p = new TestPartition();
    p.open('anna', 'e1');
    p.open('ben', 'e2');
    p.pass(10_000, 'e1', 'e2');
    more(p);
    return p;
  };

  it('limit presence.silence: at the first tick more than 15 s after its last beat; its users are offline since then', () => {
    const p = silent();
    const last = p.now;
    expect(changes(p.pass(15_000, 'e2'))).toEqual([]);
    const facts = p.pass(5_000, 'e2');
    expect(named(facts, 'edge.lost')).toEqual([{ edge: 'e1', holder: 'e1.1' }]);
    expect(named(facts, 'presence.changed')).toEqual([{ user: 'anna', status: 'offline', lastSeen: last }]);
    expect(p.status('ben')).toBe('online');
  });

  it('not when the tick before is more than 10 s older: the log was away', () => {
    const p = silent();
    p.now += 60_000;
    expect(changes(p.tick())).toEqual([]);
    expect(changes(p.pass(20_000, 'e1', 'e2'))).toEqual([]);
  });

  it('with another device elsewhere its user stays online', () => {
    const p = silent((q) => q.open('anna', 'e2'));
    expect(named(p.pass(20_000, 'e2'), 'edge.lost')).toHaveLength(1);
    expect(p.status('anna')).toBe('online');
  });

  it('a device that closed just before still has its grace', () => {
    const p = silent((q) => q.open('anna', 'e2'));
    p.pass(15_000, 'e2');
    p.now += 4_000;
    const ended = p.now;
    p.close('anna', 'e2');
    p.now += 1_000;
    const facts = p.tick();
    expect(named(facts, 'edge.lost')).toHaveLength(1);
    expect(changes(facts)).toEqual([]);
    expect(named(p.pass(5_000, 'e2'), 'presence.changed')).toEqual([{ user: 'anna', status: 'offline', lastSeen: ended }]);
  });

  it('under a new term its connections count again', () => {
    const p = silent();
    p.pass(20_000, 'e2');
    expect(changes(p.open('anna', 'e1', { lease: 'anna@e1.2', holder: 'e1.2', again: true }))).toEqual(['anna online']);
    p.now += 5_000;
    p.beat('e1', 1, 'e1.2');
    p.tick();
    expect(p.status('anna')).toBe('online');
  });

  it('an opening of the lost term that comes late leaves nothing behind', () => {
    const p = silent();
    p.pass(20_000, 'e2');
    p.open('anna', 'e1');
    p.open('anna', 'e1', { lease: 'anna@e1.2', holder: 'e1.2', again: true });
    p.take('session.closed', 'anna', { lease: 'anna@e1.2', holder: 'e1.2', n: 99 });
    expect(changes(p.pass(30_000, 'e2'))).toEqual(['anna offline']);
    expect(Object.keys((p.cells.get('root') as Root).holders)).toEqual(['e2.1']);
  });

  it('a beat with leases of which nothing is known here asks for a new term; without leases it says nothing', () => {
    const p = new TestPartition();
    expect(p.beat('e1', 3)).toEqual([{ name: 'edge.lost', v: 1, data: { edge: 'e1', holder: 'e1.1' } }]);
    expect(p.beat('e1', 0)).toEqual([]);
  });

  it('a successor that knows no beat since the last tick does not lose a live edge', () => {
    const p = silent((q) => {
      q.now += 4_000;
      q.beat('e1');
      q.open('carl', 'e2'); // a record that covers the beat
      q.takeOver();
    });
    expect(named(p.pass(60_000, 'e1', 'e2'), 'edge.lost')).toEqual([]);
  });

  it('nor after the log was away: the first beat behind it has a record of its own', () => {
    const p = silent((q) => {
      q.now += 60_000;
      q.tick();
      expect(q.beat('e1')).toEqual([{ name: 'edge.heard', v: 1, data: { holder: 'e1.1' } }]);
      q.beat('e2');
      q.open('carl', 'e2');
      q.takeOver();
      q.now += 4_000;
    });
    expect(named(p.tick(), 'edge.lost')).toEqual([]);
  });

  it('limit presence.endedAtOnce: so many leases at a tick, until all have ended', () => {
    const p = new TestPartition();
    const count = AT_ONCE * 2 + 10;
    for (let i = 0; i < count; i++) p.open(`u${i}`, 'e1');
    p.pass(5_000, 'e1');
    expect(changes(p.pass(15_000))).toHaveLength(0);
    expect([1, 2, 3, 4].map(() => changes(p.pass(5_000)).length)).toEqual([AT_ONCE, AT_ONCE, 10, 0]);
    expect((p.cells.get('root') as Root).holders).toEqual({});
  });

  it('its number is given to another edge once its leases have ended', () => {
    const p = silent();
    p.pass(20_000, 'e2');
    p.open('carl', 'e3');
    expect(Object.values((p.cells.get('root') as Root).holders).map((h) => h.slot)).toEqual([1, 0]);
  });

  it('limit presence.holders: more edges than a partition takes are refused', () => {
    const p = new TestPartition();
    for (let i = 0; i < HOLDERS; i++) p.open('anna', `e${i}`, { device: `d${i}` });
    expect(p.open('ben', 'one-more')).toEqual([]);
  });
});

it('where nobody counts a tick leaves no record', () => {
  const p = new TestPartition();
  expect(p.tick()).toEqual([]);
  p.open('anna', 'e1');
  p.close('anna', 'e1');
  p.pass(40_000); // the grace, then the edge
  const before = p.records.length;
  p.pass(20_000);
  expect(p.records).toHaveLength(before);
});

it('cells left behind do not grow with time', () => {
  const p = new TestPartition();
  const live = (edge: string): number => {
    for (let i = 0; i < 50; i++) p.open(`u${i}`, edge);
    for (let i = 0; i < 50; i++) p.close(`u${i}`, edge);
    p.pass(40_000);
    return p.cells.size;
  };
  live('first');
  const after = Array.from({ length: 20 }, (_, i) => live(`e${i}`));
  expect(Math.max(...after)).toBeLessThanOrEqual(50 + 64 + 64 + 2);
});

it('what the records say is what the owner holds', () => {
  const p = new TestPartition();
  p.open('anna', 'e1');
  p.open('ben', 'e2', { active: false });
  p.pass(20_000, 'e1', 'e2');
  p.close('anna', 'e1');
  p.pass(25_000, 'e1');
  const before = logged(p);
  p.takeOver();
  expect(logged(p)).toEqual(before);
});
