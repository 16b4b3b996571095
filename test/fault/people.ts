import { Client, logIn, memoryStorage, register, SessionTokens, type Transport, webTransport } from '@clatter/client';
import type { JsonObject, ServerFrame, SessionBody } from '@clatter/contract';
import { ClatterError, directId, makeUuid7 } from '@clatter/kernel';
import type { Random } from '@clatter/testing';
import { clock, until } from '../flow/harness.ts';
import { type Delivered, deliveredBy, type Sent } from './observed.ts';

export type Person = {
  readonly name: string;
  readonly user: string;
  readonly client: Client;
  readonly delivered: Delivered[];
  readonly told: Map<string, number[]>;
  /** conversations that it writes to */
  readonly writesTo: string[];
};

/** Notes what comes over the sockets before the client sees it. */
const tapped = (transport: Transport, take: (frame: ServerFrame, connection: number) => void): Transport => {
  let sockets = 0;
  return {
    ...transport,
    connect: (handlers) => {
      const mine = ++sockets;
      const message = (text: string): void => {
        const content = JSON.parse(text) as ServerFrame | readonly ServerFrame[];
        for (const frame of Array.isArray(content) ? content : [content]) take(frame as ServerFrame, mine);
        handlers.message(text);
      };
      return transport.connect({ ...handlers, message });
    },
  };
};

const PASSWORD = 'correct horse battery';

/** An account of its own with a connected client. */
export const newPerson = async (base: string, name: string, random: Random): Promise<Person> =>
  connected(base, name, await register(base, { username: name, password: PASSWORD }), random);

/** The same person with a new device, which holds nothing yet. */
export const newDevice = async (base: string, name: string, random: Random): Promise<Person> =>
  connected(base, name, await logIn(base, { username: name, password: PASSWORD }), random);

const connected = async (base: string, name: string, session: SessionBody, random: Random): Promise<Person> => {
  const tokens = new SessionTokens(base, clock, session);
  const delivered: Delivered[] = [];
  const told = new Map<string, number[]>();
  const transport = tapped(
    webTransport(base, () => tokens.get(false)),
    (frame, connection) => {
      const one = deliveredBy(frame, connection);
      if (one) delivered.push(one);
    },
  );
  const client = new Client({ transport, storage: memoryStorage(), tokens, clock, random: random.next });
  client.on('message', ({ message }) => told.set(message.conversation, [...(told.get(message.conversation) ?? []), message.number]));
  client.start();
  await until(`${name} is online`, () => client.status.is === 'online', 60_000);
  return { name, user: session.user, client, delivered, told, writesTo: [] };
};

/** Groups of three to all, and direct conversations between neighbours. The first messages make the latter. */
export const acquaint = async (
  people: readonly Person[],
  random: Random,
  say: (person: Person, to: { readonly direct: string }) => Promise<unknown>,
): Promise<void> => {
  for (let g = 0; g < Math.ceil(people.length / 2); g++) {
    const size = Math.min(people.length, 3 + g);
    const members = Array.from({ length: size }, (_, i) => people[(g + i) % people.length] as Person);
    const [owner, ...others] = members;
    const conversation = makeUuid7(Date.now(), random.below(4_096), random.next(), random.next());
    await owner?.client.command('conversation.create', { conversation, kind: 'group', title: `group ${g}`, members: others.map(({ user }) => user) });
    for (const member of members) member.writesTo.push(conversation);
  }
  for (const [i, person] of people.entries()) {
    const other = people[(i + 1) % people.length] as Person;
    await say(person, { direct: other.user });
    for (const one of [person, other]) one.writesTo.push(directId(person.user, other.user));
  }
  for (const { name, client, writesTo } of people) await until(`${name} holds its conversations`, () => writesTo.every((id) => client.state.has(id)));
};

/** Sends one message and notes what becomes of it. Resolves when it is known. */
export const sendNoted = async (person: Person, to: JsonObject, text: string, sent: Sent[]): Promise<void> => {
  const one: Sent = { text, by: person.name, at: performance.now() };
  sent.push(one);
  try {
    const { conversation, number, seq } = await person.client.command('message.send', { ...to, kind: 'text', text });
    one.answer = { conversation: String(conversation), number: Number(number), seq: Number(seq) };
  } catch (error) {
    if (!(error instanceof ClatterError)) throw error;
    one.refused = error.code;
  }
  one.answeredAt = performance.now();
};
