import { type Client, isCode, type Target } from '@clatter/client';
import type { MessageDoc } from '@clatter/contract';
import { Attendance } from './attendance.ts';
import type { People } from './people.ts';
import { clock, type Screen } from './screen.ts';

type Talk = { readonly to: Target; readonly name: string };

const HELP = `/to NAME              talk to a person
/new TITLE NAME …     make a group
/group TITLE          talk in a group
/add NAME  /leave     add a person to the group, leave it
/list                 your conversations
/history              older messages
/help  /quit`;

/** @throws where it is missing, showing how it is used */
const needed = (word: string | undefined, usage: string): string => {
  if (!word) throw new Error(`It goes like this: ${usage}`);
  return word;
};

/** What a line typed means, and how what comes is shown. */
export class Program {
  readonly #client: Client;
  readonly #people: People;
  readonly #screen: Screen;
  readonly #newId: () => string;
  readonly #attendance: Attendance;
  #talk: Talk | undefined;
  #printing: Promise<void> = Promise.resolve();
  #leaving = false;

  constructor(client: Client, people: People, screen: Screen, newId: () => string) {
    this.#client = client;
    this.#people = people;
    this.#screen = screen;
    this.#newId = newId;
    this.#attendance = new Attendance(client, people, screen);
    client.on('message', ({ message }) => this.#show(message));
    const titles = new Map([...client.state].map(([id, { doc }]) => [id, doc.title]));
    client.on('changed', ({ conversation }) => {
      const title = client.state.get(conversation)?.doc.title;
      const held = titles.get(conversation);
      if (title === undefined) return;
      titles.set(conversation, title);
      if (held === undefined && this.#talk?.name !== title) screen.line(`— you are in the group ${title}: /group ${title}`);
    });
    client.on('left', ({ conversation }) => {
      screen.line(`— you are no longer in ${titles.get(conversation) ?? conversation}`);
      titles.delete(conversation);
    });
    client.on('error', ({ code, message }) => screen.line(`! ${code}: ${message}`));
    client.on('status', ({ is, reason }) => {
      if (is === 'online') screen.line('— online');
      if (is === 'connecting') screen.line('— connecting …');
      if (is === 'stopped' && !this.#leaving) screen.line(`— stopped: ${reason ?? ''}`);
    });
  }

  /** From here on the connection ends because the person wants it. */
  leave(): void {
    this.#leaving = true;
    this.#client.close();
  }

  /** One line typed. false = the person wants to leave. */
  async take(line: string): Promise<boolean> {
    const text = line.trim();
    if (text === '') return true;
    if (!text.startsWith('/')) {
      await this.#send(text);
      return true;
    }
    const [command, ...words] = text.slice(1).split(/\s+/);
    if (command === 'quit') return false;
    const run = this.#commands[command ?? ''];
    if (!run) this.#screen.line(`There is no /${command}; /help lists what there is.`);
    else await run(words);
    return true;
  }

  readonly #commands: Readonly<Record<string, (words: string[]) => Promise<void> | void>> = {
    help: () => this.#screen.line(HELP),
    to: async ([name]) => {
      const person = await this.#people.find(needed(name, '/to NAME'));
      if (person.user === this.#client.user) throw new Error('That is you.');
      this.#screen.line(`— talking to ${person.username}`);
      this.#begin({ to: { direct: person.user }, name: person.username });
    },
    new: async ([first, ...names]) => {
      const title = needed(first, '/new TITLE NAME …');
      const members = await Promise.all(names.map((n) => this.#people.find(n)));
      const conversation = this.#newId();
      await this.#client.command('conversation.create', { conversation, kind: 'group', title, members: members.map((m) => m.user) });
      this.#screen.line(`— made ${title}`);
      this.#begin({ to: { conversation }, name: title });
    },
    group: (words) => {
      const title = needed(words.join(' '), '/group TITLE');
      const found = [...this.#client.state].find(([, { doc }]) => doc.title === title);
      if (!found) throw new Error(`There is no group ${title}.`);
      this.#screen.line(`— talking in ${title}`);
      this.#begin({ to: { conversation: found[0] }, name: title });
    },
    add: async ([name]) => {
      const person = await this.#people.find(needed(name, '/add NAME'));
      await this.#client.command('conversation.addMembers', { conversation: this.#conversation(), members: [person.user] });
      this.#screen.line(`— ${person.username} is in it now`);
    },
    leave: async () => {
      await this.#client.command('conversation.leave', { conversation: this.#conversation() }).catch((error: unknown) => {
        throw isCode(error, 'conflict') ? new Error('Its only owner can not leave it.') : error;
      });
      this.#talk = undefined;
    },
    list: async () => {
      if (this.#client.state.size === 0) this.#screen.line('There are no conversations yet: /to NAME or /new TITLE NAME …');
      for (const [, { doc, own, marks }] of this.#client.state) {
        const read = Math.max(own.joinedNumber, marks.get(this.#client.user ?? '')?.number ?? 0);
        this.#screen.line(`${await this.#title(doc.conversation)}  ${doc.head.number} messages, ${Math.max(0, doc.head.number - read)} unread`);
      }
    },
    history: async () => {
      const conversation = this.#conversation();
      if (!(await this.#client.history(conversation))) return this.#screen.line('— that is all');
      const messages = [...(this.#client.state.get(conversation)?.messages.values() ?? [])].sort((a, b) => a.number - b.number);
      for (const message of messages) this.#show(message);
      await this.#printing;
    },
  };

  #begin(talk: Talk): void {
    this.#talk = talk;
    this.#attendance.open(talk.to);
  }

  async #send(text: string): Promise<void> {
    if (!this.#talk) return this.#screen.line('To whom? /to NAME');
    if (this.#client.status.is !== 'online') this.#screen.line('— there is no connection now; it is sent as soon as there is one');
    await this.#client.send(this.#talk.to, text);
    this.#attendance.began();
  }

  #conversation(): string {
    const to = this.#talk?.to;
    if (!to) throw new Error('Choose a conversation first: /to NAME or /group TITLE.');
    if ('conversation' in to) return to.conversation;
    const found = [...this.#client.state].find(([id, { doc }]) => doc.kind === 'direct' && id.includes(to.direct));
    if (!found) throw new Error('There are no messages yet.');
    return found[0];
  }

  /** In the order of arrival, although names have to be looked up. */
  #show(message: MessageDoc): void {
    this.#printing = this.#printing.then(async () => {
      const held = this.#client.state.get(message.conversation);
      const where = held && held.doc.kind !== 'direct' ? ` #${held.doc.title ?? ''}` : '';
      const mine = message.author === this.#client.user;
      const who = mine ? 'you' : await this.#people.name(message.author);
      this.#screen.line(`[${clock(message.at)}]${where} ${who}: ${message.text}`);
      this.#client.markRead(message.conversation, message.number);
    });
  }

  async #title(conversation: string): Promise<string> {
    const doc = this.#client.state.get(conversation)?.doc;
    if (doc?.kind !== 'direct') return `#${doc?.title ?? conversation}`;
    const [, a = '', b = ''] = conversation.split('.');
    return this.#people.name(a === this.#client.user ? b : a);
  }
}
