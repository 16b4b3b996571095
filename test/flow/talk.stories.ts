import { logIn, memoryStorage, request, SessionTokens } from '@clatter/client';
import type { EventFrame, InboxPage, ServerFrame } from '@clatter/contract';
import { directId } from '@clatter/kernel';
import { rawSocket } from '@clatter/testing';
import { expect, it } from 'vitest';
import { clock, connect, PASSWORD, type Person, type Place, person, texts, until, uuid7 } from './harness.ts';

/** People talk: to each other, in groups, from several devices. */
export const talkStories = (place: Place): void => {
  const url = place.url;

  it('two people talk: the first message makes their conversation, both see the same order', async () => {
    const anna = await person(url(), 'anna');
    const ben = await person(url(), 'ben');
    const conversation = directId(anna.user, ben.user);
    const ok = await anna.client.send({ direct: ben.user }, 'hello');
    expect(ok).toMatchObject({ conversation, number: 1 });
    await ben.client.send({ direct: anna.user }, 'hello yourself');
    for (const { client } of [anna, ben]) await until('both messages are there', () => texts(client, conversation).join() === 'hello,hello yourself');
    for (const { client } of [anna, ben]) client.close();
  });

  it('a group: members come and go, and who was removed is sent nothing more', async () => {
    const [anna, ben, carl] = await people(url(), 'anna', 'ben', 'carl');
    const conversation = uuid7();
    await anna.client.command('conversation.create', { conversation, kind: 'group', title: 'walk', members: [ben.user] });
    await until('ben holds it', () => ben.client.state.has(conversation));
    await anna.client.send({ conversation }, 'one');
    await anna.client.command('conversation.addMembers', { conversation, members: [carl.user] });
    await until('carl sees the history', () => texts(carl.client, conversation).join() === 'one');
    await anna.client.command('conversation.removeMember', { conversation, user: ben.user });
    await until('ben holds it no more', () => !ben.client.state.has(conversation));
    await anna.client.send({ conversation }, 'two');
    await until('carl gets it', () => texts(carl.client, conversation).join() === 'one,two');
    expect(ben.client.state.has(conversation)).toBe(false);
    await expect(ben.client.send({ conversation }, 'three')).rejects.toMatchObject({ code: 'not_found' });
    await expect(carl.client.command('conversation.removeMember', { conversation, user: anna.user })).rejects.toMatchObject({ code: 'forbidden' });
    for (const { client } of [anna, ben, carl]) client.close();
  });

  it('removal while messages are in flight: each stands before it and is seen, or is refused; nothing after it reaches the removed', async () => {
    const [anna, ben, carl] = await people(url(), 'anna', 'ben', 'carl');
    const conversation = uuid7();
    await anna.client.command('conversation.create', { conversation, kind: 'group', title: 'walk', members: [ben.user, carl.user] });
    // on the sockets themselves: what the edge sent, whatever a client would have made of it
    const edges = place.edges();
    const bens = await rawSocket(edges.at(-1) as string);
    const annas = await rawSocket(edges[0] as string);
    await bens.hello(await ben.tokens.get(false), 'watcher');
    await annas.hello(await anna.tokens.get(false), 'watcher');

    const flying = Array.from({ length: 25 }, (_, i) => [
      ben.client.send({ conversation }, `ben ${i}`).then(
        () => `ben ${i}`,
        (error: { code: string }) => (error.code === 'not_found' ? undefined : Promise.reject(error)),
      ),
      carl.client.send({ conversation }, `carl ${i}`).then(() => `carl ${i}`),
    ]).flat();
    await annas.next((frame) => sentIn(conversation)(frame).length > 0);
    const removed = anna.client.command('conversation.removeMember', { conversation, user: ben.user });
    const accepted = (await Promise.all(flying)).filter((text) => text !== undefined);
    await removed;
    await carl.client.send({ conversation }, 'are we alone?');
    await annas.next((frame) => sentIn(conversation)(frame).includes('are we alone?'));

    const seen = timeline(annas.frames, conversation);
    const removal = seen.find(({ name }) => name === 'member.removed')?.seq as number;
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, i) => (seen[0]?.seq as number) + i));
    // every acknowledged message stands in the log once; ben's before his removal
    const sent = seen.filter(({ name }) => name === 'message.sent');
    expect(sent.map(({ data }) => data.text).sort()).toEqual([...accepted, 'are we alone?'].sort());
    for (const { seq, data } of sent) if (String(data.text).startsWith('ben')) expect(seq).toBeLessThan(removal);
    // ben was sent all up to it, and his leave, and nothing after it (P6)
    await bens.next((frame) => frame.type === 'signal' && frame.name === 'conversation.left' && frame.data.conversation === conversation);
    expect(timeline(bens.frames, conversation)).toEqual(seen.filter(({ seq }) => (seq ?? 0) <= removal));
    await until('his client dropped it', () => !ben.client.state.has(conversation));
    for (const socket of [bens, annas]) socket.cut();
    for (const { client } of [anna, ben, carl]) client.close();
  });

  it('two devices of one person: each sees what the other sends', async () => {
    const anna = await person(url(), 'anna');
    const ben = await person(url(), 'ben');
    const session = await logIn(url(), { username: anna.name, password: PASSWORD });
    const second = connect(url(), new SessionTokens(url(), clock, session), memoryStorage());
    await until('the second device is online', () => second.status.is === 'online');
    const conversation = directId(anna.user, ben.user);
    await anna.client.send({ direct: ben.user }, 'from the first');
    await until('the second sees it', () => texts(second, conversation).join() === 'from the first');
    await second.send({ direct: ben.user }, 'from the second');
    await until('the first sees it', () => texts(anna.client, conversation).join() === 'from the first,from the second');
    for (const client of [anna.client, ben.client, second]) client.close();
  });

  it('read marks: unread falls to zero, and the other sees how far was read', async () => {
    const anna = await person(url(), 'anna');
    const ben = await person(url(), 'ben');
    const conversation = directId(anna.user, ben.user);
    await anna.client.send({ direct: ben.user }, 'read me');
    await until('ben has it', () => texts(ben.client, conversation).length === 1);
    ben.client.markRead(conversation, 1);
    await until('anna sees the mark', () => anna.client.state.get(conversation)?.marks.get(ben.user)?.number === 1);
    const unread = async (): Promise<number | undefined> =>
      (await request<InboxPage>(`${url()}/v1/conversations`, { token: await ben.tokens.get(false) })).conversations[0]?.unread;
    await until('nothing is unread', async () => (await unread()) === 0);
    for (const { client } of [anna, ben]) client.close();
  });
};

const people = (url: string, ...names: [string, string, string]): Promise<[Person, Person, Person]> =>
  Promise.all([person(url, names[0]), person(url, names[1]), person(url, names[2])]);

const eventsOf = (frame: ServerFrame, conversation: string): EventFrame['events'] =>
  frame.type === 'event' && frame.conversation === conversation ? frame.events : [];

/** Texts that a frame brings. */
const sentIn =
  (conversation: string) =>
  (frame: ServerFrame): unknown[] =>
    eventsOf(frame, conversation).flatMap(({ name, data }) => (name === 'message.sent' ? [data.text] : []));

const timeline = (frames: readonly ServerFrame[], conversation: string): EventFrame['events'] => frames.flatMap((frame) => eventsOf(frame, conversation));
