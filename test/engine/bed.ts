import { type Command, type EventRecord, TOPICS } from '@clatter/contract';
import { ownerPart, projectorPart } from '@clatter/engine';
import { encodeClaim, encodeCommand, encodeEvent, makeUuid7 } from '@clatter/kernel';
import { freeHost, ManualClock, MemoryCluster } from '@clatter/memory';
import { messagingCollections, messagingDecider, messagingReadModels, messagingSources } from '@clatter/messaging';
import { type Part, UNMEASURED } from '@clatter/ports';

export const EVENTS = TOPICS.messagingEvents.name;
export const COMMANDS = TOPICS.messagingCommands.name;
export const MARKS = TOPICS.messagingMarks.name;
export const PARTITIONS = 1;
export const DIRECT = 'd.anna.ben';

/** Messaging's roles on the memory adapters, with a clock that the test moves. */
export class Bed {
  readonly clock: ManualClock;
  readonly cluster: MemoryCluster;
  readonly alarms: string[] = [];
  readonly ports;
  #n = 0;

  constructor(cluster = new MemoryCluster(), clock = new ManualClock()) {
    this.cluster = cluster;
    this.clock = clock;
    const host = freeHost('host', clock);
    const quiet = (): void => {};
    const error = (fields: object, text: string): void => {
      const cause = 'error' in fields && fields.error instanceof Error ? fields.error.message : '';
      this.alarms.push(`${text}: ${cause}`);
    };
    this.ports = {
      log: cluster.log(host),
      store: cluster.store(host),
      clock,
      ids: { random: () => 0.5, uuid7: () => this.ref(), name: () => `n${this.#n++}` },
      report: { log: { debug: quiet, info: quiet, warn: quiet, error }, metrics: UNMEASURED },
    };
  }

  async start(): Promise<this> {
    await this.ports.log.ensureTopics(Object.values(TOPICS), PARTITIONS);
    return this;
  }

  owner(): Part {
    return ownerPart({ service: 'messaging', commands: COMMANDS, events: EVENTS, decider: messagingDecider(), ...this.ports });
  }

  projector(): Part {
    return projectorPart({ service: 'messaging', sources: messagingSources, collections: messagingCollections, ...this.ports });
  }

  models() {
    return messagingReadModels(this.ports);
  }

  /** A ref of now. */
  ref(): string {
    return makeUuid7(this.clock.now(), this.#n++ % 4_096, 0.5, 0.5);
  }

  /** A message of Anna to Ben, as an edge puts it into the log. */
  send(device: string, ref = this.ref()): Promise<number> {
    const command: Command = {
      id: ref,
      name: 'message.send',
      key: DIRECT,
      actor: { user: 'anna', session: 's', device },
      origin: { edge: 'e', session: 's', ref },
      data: { direct: 'ben', kind: 'text', text: 'hello' },
    };
    return this.ports.log.append(COMMANDS, 0, [encodeCommand(command)]);
  }

  claim(epoch: number): Promise<number> {
    return this.ports.log.append(EVENTS, 0, [encodeClaim({ epoch, owner: `owner${epoch}` })]);
  }

  /** A record as an owner writes it: message `seq` of the conversation; the first one makes it. */
  record(epoch: number, command: number, seq: number): Promise<number> {
    const number = seq < 3 ? 1 : seq - 2;
    const first = [
      { name: 'conversation.created', v: 1, seq: 1, data: { kind: 'direct' } },
      { name: 'members.added', v: 1, seq: 2, data: { members: ['anna', 'ben'].map((user) => ({ user, role: 'member' })), joinedNumber: 0 } },
    ];
    const sent = { name: 'message.sent', v: 1, seq, data: { number, ref: this.ref(), kind: 'text', text: `m${seq}` } };
    const record: EventRecord = {
      epoch,
      key: DIRECT,
      command: { offset: command, id: this.ref() },
      actor: { user: 'anna', session: 's', device: 'd' },
      at: this.clock.now(),
      origin: { edge: 'e', session: 's', ref: '' },
      outcome: 'accepted',
      events: seq === 3 ? [...first, sent] : [sent],
      answer: {},
    };
    return this.ports.log.append(EVENTS, 0, [encodeEvent(record, [])]);
  }

  /** The newest record of the events. */
  last(): EventRecord {
    return JSON.parse(this.cluster.partition(EVENTS, 0).records.at(-1)?.value ?? '') as EventRecord;
  }

  /** Moves the clock in small steps until a condition holds. @throws after a simulated hour */
  async until(what: string, condition: () => boolean | Promise<boolean>, step = 50): Promise<void> {
    const end = this.clock.now() + 3_600_000;
    while (!(await condition())) {
      if (this.clock.now() > end) throw new Error(`it did not happen: ${what}; ${this.alarms.join('; ')}`);
      await this.clock.advance(step);
    }
  }
}
