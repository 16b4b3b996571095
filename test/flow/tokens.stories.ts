import { logIn, request } from '@clatter/client';
import { directId } from '@clatter/kernel';
import { expect, it } from 'vitest';
import { allTexts, PASSWORD, type Place, person, texts, until } from './harness.ts';
import { Wire } from './wire.ts';

/** Tokens end while people are connected; sessions are ended by their people. */
export const tokenStories = (place: Place): void => {
  it('an ended session: its socket is closed within 2 s and stays closed', async () => {
    const anna = await person(place.url(), 'anna');
    const other = await logIn(place.url(), { username: anna.name, password: PASSWORD });
    await request(`${place.url()}/v1/sessions/others`, { method: 'DELETE', token: other.accessToken });
    await until('the socket is closed', () => anna.client.status.is === 'stopped', 2_000);
    expect(anna.client.status.reason).toBe('session_revoked');
  });

  it('a token ends in a live session: the client renews it on the open socket, which stays', { timeout: 60_000 }, async () => {
    const { url, edge, auth } = await place.brief();
    const wire = new Wire(edge);
    const anna = await person(url, 'anna', { auth, by: wire.connect });
    const ben = await person(url, 'ben', { auth });
    await until('the first token has ended', () => Date.now() > expires(wire));
    await ben.client.send({ direct: anna.user }, 'still there?');
    await until('anna has it', () => texts(anna.client, directId(anna.user, ben.user)).length === 1);
    // a socket without a valid token is closed within a sweep; this one has passed several
    await until('the edge has looked at it since', () => Date.now() > expires(wire) + 3_000);
    expect(wire.sent.filter(({ type }) => type === 'auth').length).toBeGreaterThan(0);
    expect([wire.opened, wire.closes]).toEqual([1, []]);
    for (const { client } of [anna, ben]) client.close();
  });

  it('a token ends and is not renewed: closed 4101, then it comes back with a new one and has everything', { timeout: 60_000 }, async () => {
    const { url, edge, auth } = await place.brief();
    const wire = new Wire(edge);
    wire.loses = ({ type }) => type === 'auth';
    const anna = await person(url, 'anna', { auth, by: wire.connect });
    const ben = await person(url, 'ben', { auth });
    const sent: string[] = [];
    await until('anna was closed once and is back', async () => {
      sent.push(`m${sent.length}`);
      await ben.client.send({ direct: anna.user }, sent.at(-1) as string);
      return wire.welcomes.length === 2;
    });
    expect(await allTexts(anna.client, directId(anna.user, ben.user), sent.length)).toEqual(sent);
    expect(wire.closes).toEqual([4101]);
    const tokens = wire.sent.flatMap((frame) => (frame.type === 'hello' ? [frame.token] : []));
    expect(new Set(tokens).size).toBe(2);
    for (const { client } of [anna, ben]) client.close();
  });
};

/** ms: when the token of the first hello ends */
const expires = ({ welcomes: [first] }: Wire): number => first?.expires ?? Number.POSITIVE_INFINITY;
