import type { Client, Target } from '@clatter/client';
import type { PresenceFrame, PresenceItem } from '@clatter/contract';
import type { People } from './people.ts';
import { clock, type Screen } from './screen.ts';

const NAMED = 10;
const GATHER = 200;

/** Says who is there: once when a conversation is opened, and in a direct one when the other comes or goes. */
export class Attendance {
  readonly #client: Client;
  readonly #people: People;
  readonly #screen: Screen;
  #open: Target | undefined;
  /** what was last said of the other, or of the members until all are told */
  #seen = new Map<string, PresenceItem['status']>();
  #printing: Promise<void> = Promise.resolve();

  constructor(client: Client, people: People, screen: Screen) {
    this.#client = client;
    this.#people = people;
    this.#screen = screen;
    client.on('presence', (frame) => this.#take(frame));
  }

  open(to: Target): void {
    this.#open = to;
    this.#seen = new Map();
    this.#client.watch('conversation' in to ? { conversation: to.conversation } : { users: [to.direct] });
    if ('conversation' in to) setTimeout(() => this.#summary(to), GATHER).unref();
  }

  /** With the first message a direct conversation begins, and with it the right to see the other. */
  began(): void {
    if (this.#open && 'direct' in this.#open && this.#seen.size === 0) this.open(this.#open);
  }

  #take({ user, status, lastSeen }: PresenceFrame): void {
    const before = this.#seen.get(user);
    this.#seen.set(user, status);
    if (!this.#open || !('direct' in this.#open) || this.#open.direct !== user || before === status) return;
    const said = before === undefined ? first(status, lastSeen) : later(before, status);
    if (said) this.#say(async () => `— ${await this.#people.name(user)} ${said}`);
  }

  #summary(to: Target): void {
    if (this.#open !== to) return;
    const here = [...this.#seen].flatMap(([user, status]) => (status === 'offline' ? [] : [user]));
    if (here.length === 0) return;
    this.#say(async () => {
      const names = await Promise.all(here.slice(0, NAMED).map((user) => this.#people.name(user)));
      return `— here: ${names.join(', ')}${here.length > NAMED ? ` and ${here.length - NAMED} more` : ''}`;
    });
  }

  /** In order, although names have to be looked up. */
  #say(text: () => Promise<string>): void {
    this.#printing = this.#printing.then(async () => this.#screen.line(await text()));
  }
}

const first = (status: PresenceItem['status'], lastSeen: number | undefined): string | undefined => {
  if (status !== 'offline') return status === 'online' ? 'is online' : 'is away';
  return lastSeen === undefined ? undefined : `was last seen at ${clock(lastSeen)}`;
};

/** Who is away has not gone: no word of it. */
const later = (before: PresenceItem['status'], status: PresenceItem['status']): string | undefined => {
  if (status === 'offline') return 'has gone';
  return before === 'offline' ? 'is online' : undefined;
};
