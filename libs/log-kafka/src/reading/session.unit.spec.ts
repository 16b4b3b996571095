import { describe, expect, it } from 'vitest';
import { FetchSession } from './session.ts';

const at = (partition: number, offset: number) => ({ topic: 't', partition, offset });

describe('a fetch session', () => {
  it('tells the broker only what changed', () => {
    const session = new FetchSession();
    expect(session.ask([at(0, 5), at(1, 7)])).toEqual({ session: 0, epoch: 0, asked: [at(0, 5), at(1, 7)], forgotten: [] });
    expect(session.answered(0, 42)).toBe(true);
    expect(session.granted).toBe(true);
    expect(session.ask([at(0, 6), at(1, 7)])).toEqual({ session: 42, epoch: 1, asked: [at(0, 6)], forgotten: [] });
    session.answered(0, 42);
    expect(session.ask([at(1, 7), at(2, 0)])).toEqual({ session: 42, epoch: 2, asked: [at(2, 0)], forgotten: [at(0, 6)] });
    session.answered(0, 42);
    expect(session.offsetOf('t/0')).toBeUndefined();
    expect(session.ask([at(0, 6), at(1, 7), at(2, 0)])).toMatchObject({ asked: [at(0, 6)], epoch: 3 });
  });

  it('a request that got no answer, and a session that the broker lost, begin anew with everything', () => {
    const all = { session: 0, epoch: 0, asked: [at(0, 5)], forgotten: [] };
    const session = new FetchSession();
    session.ask([at(0, 5)]);
    session.answered(0, 42);
    session.ask([at(0, 5)]);
    session.begin();
    expect(session.ask([at(0, 5)])).toEqual({ ...all, session: 42 });
    for (const gone of [70, 71]) {
      session.answered(0, 43);
      session.ask([at(0, 5)]);
      expect(session.answered(gone, 0)).toBe(false);
      expect([session.granted, session.ask([at(0, 5)])]).toEqual([false, gone === 70 ? all : { ...all, session: 43 }]);
    }
  });

  it('a broker without room for one more is asked for everything each time, and the offsets asked for are known', () => {
    const session = new FetchSession();
    session.ask([at(0, 5)]);
    expect([session.answered(0, 0), session.granted, session.offsetOf('t/0')]).toEqual([true, false, 5]);
    expect(session.ask([at(0, 5)])).toEqual({ session: 0, epoch: 0, asked: [at(0, 5)], forgotten: [] });
  });

  it('one that is given up is closed by the request that begins the next: a broker has room for few', () => {
    const session = new FetchSession();
    session.ask([at(0, 5)]);
    session.answered(0, 42);
    session.ask([at(0, 5)]);
    session.begin();
    expect(session.ask([at(0, 5)])).toEqual({ session: 42, epoch: 0, asked: [at(0, 5)], forgotten: [] });
    session.begin(); // that got no answer either
    expect(session.ask([at(0, 5)])).toMatchObject({ session: 42, epoch: 0 });
    session.answered(0, 43);
    expect(session.ask([at(0, 5)])).toMatchObject({ session: 43, epoch: 1 });
    session.answered(70, 0); // the broker has none
    expect(session.ask([at(0, 5)])).toMatchObject({ session: 0, epoch: 0 });
  });
});
