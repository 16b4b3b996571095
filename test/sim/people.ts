import { ClatterError, makeUuid7 } from '@clatter/kernel';
import type { Person, Sent, World } from './world.ts';

export const USERS = ['ua', 'ub', 'uc'];

type Data = { readonly [key: string]: string | string[] };
/** name, data, and the text by which its effect is known in the log */
type Work = readonly [name: string, data: Data, text: string];

/** What people do: write, come and go in conversations, set marks, page history. */
export class People {
  readonly #w: World;
  readonly #conversations: string[] = [];
  #left: number;
  #texts = 0;
  #next = 0;
  #back: Work | undefined;

  constructor(world: World) {
    this.#w = world;
    this.#left = world.profile.commands;
  }

  get done(): boolean {
    return this.#left <= 0;
  }

  step(): void {
    const { random, scheduler, people, profile } = this.#w;
    if (this.done || scheduler.now < this.#next) return;
    const person = profile.soloist ? (people[0] as Person) : random.pick(people);
    if (person.client.status.is !== 'online' || person.host.frozen > scheduler.now) return;
    this.#next = scheduler.now + random.below(profile.burst);
    if (random.chance(0.15)) return this.#mark(person);
    if (random.chance(0.1)) return this.#page(person);
    this.#left--;
    const [name, data, text] = this.#work(person);
    const sent: Sent = { text };
    person.sent.push(sent);
    person.client.command(name, data).then(
      (answer) => {
        sent.answer = answer;
      },
      (error: unknown) => {
        sent.code = error instanceof ClatterError ? error.code : String(error);
      },
    );
  }

  #mark({ client }: Person): void {
    const held = [...client.state.values()];
    if (held.length === 0) return;
    const { doc } = this.#w.random.pick(held);
    if (doc.head.number > 0) client.markRead(doc.conversation, 1 + this.#w.random.below(doc.head.number));
  }

  #page({ client }: Person): void {
    const held = [...client.state.keys()];
    if (held.length > 0) client.history(this.#w.random.pick(held), 2).catch(() => {});
  }

  #work({ client, user }: Person): Work {
    const { random, scheduler, profile } = this.#w;
    const text = `m${++this.#texts}`;
    const back = this.#back;
    this.#back = undefined;
    if (back) return back;
    const known = [...client.state.keys()];
    const others = USERS.filter((u) => u !== user);
    if (this.#conversations.length < profile.conversations && (known.length === 0 || random.chance(0.2))) {
      const conversation = makeUuid7(scheduler.now, this.#texts, random.next(), random.next());
      this.#conversations.push(conversation);
      return ['conversation.create', { conversation, kind: 'group', title: text, members: others.filter(() => random.chance(0.6)) }, `t${text}`];
    }
    if (random.chance(profile.direct)) return ['message.send', { direct: random.pick(others), kind: 'text', text }, text];
    const conversation = known.length > 0 && random.chance(0.95) ? random.pick(known) : (this.#conversations[0] ?? makeUuid7(scheduler.now, 0, 0.5, 0.5));
    const what = random.next();
    if (what < profile.membership) return this.#membership(conversation, user, random.pick(others), text);
    if (what < profile.membership + profile.update)
      return random.chance(0.5)
        ? ['conversation.update', { conversation, title: text }, `t${text}`]
        : ['conversation.setRole', { conversation, user: random.pick(others), role: random.pick(['admin', 'member', 'owner']) }, `r${text}`];
    return ['message.send', { conversation, kind: 'text', text }, text];
  }

  /** Mostly what may be done: staff adds and removes, others leave. */
  #membership(conversation: string, user: string, other: string, text: string): Work {
    const { random, truth } = this.#w;
    const members = truth.map((t) => t.conversations.get(conversation)?.members).find((m) => m);
    const staff = members?.get(user) === 'owner' || members?.get(user) === 'admin';
    if (!staff || random.chance(0.1)) return ['conversation.leave', { conversation }, `l${text}`];
    const add: Work = ['conversation.addMembers', { conversation, members: [other] }, `a${text}`];
    if (members?.has(other) === random.chance(0.05)) return add;
    if (random.chance(this.#w.profile.rejoin)) this.#back = add;
    return ['conversation.removeMember', { conversation, user: other }, `x${text}`];
  }
}
