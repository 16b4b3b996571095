import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { endsWithUs } from '../testbed/leftovers.ts';
import { dataFolder, PASSWORD, type Place, until } from './harness.ts';

const root = new URL('../..', import.meta.url).pathname;
let people = 0;

/** The terminal program of one person: types lines, sees lines. */
class Terminal {
  output = '';
  readonly name: string;
  readonly #child: ReturnType<typeof start>;

  constructor(name: string, url: string, data: string) {
    this.name = name;
    this.#child = start(name, url, data);
    endsWithUs(this.#child);
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
  }

  type(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Waits until this was written. @throws with all that was written instead */
  async sees(text: string): Promise<void> {
    await until(`${this.name} sees "${text}"`, () => this.output.includes(text)).catch((error: Error) => {
      throw new Error(`${error.message}; but:\n${this.output}`);
    });
  }

  /** Its lines of a conversation, without the times. */
  get talk(): string[] {
    return this.output.split('\n').flatMap((line) => /^\[\d\d:\d\d\] (.*)$/.exec(line)?.[1] ?? []);
  }

  async ended(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal) this.#child.kill(signal);
    await until(`${this.name}'s program ends`, () => this.#child.exitCode !== null || this.#child.signalCode !== null);
    return this.#child.exitCode;
  }
}

const start = (name: string, url: string, data: string) =>
  spawn(process.execPath, ['apps/chat/src/main.ts', name, '--url', url], {
    cwd: root,
    env: { ...process.env, CLATTER_DATA: data, CLATTER_PASSWORD: PASSWORD },
  });

/** Two new names, each online in a terminal of its own, with one folder for what the programs keep. */
const twoTerminals = async (place: Place) => {
  const data = dataFolder();
  const names = ['alice', 'bob'].map((name) => `${name}${++people}t${process.pid.toString(36)}`) as [string, string];
  const open = (name: string): Terminal => new Terminal(name, place.url(), data.path);
  const alice = open(names[0]);
  const bob = open(names[1]);
  for (const one of [alice, bob]) await one.sees('— online');
  return { data, names, open, alice, bob };
};

/** Two people with the program of the README. */
export const terminalStories = (place: Place): void => {
  it('two terminals: a new name is registered, lines appear at the other, and who was killed gets what it missed when started again', async () => {
    const { data, names, open, alice, bob } = await twoTerminals(place);
    alice.type(`/to ${names[1]}`);
    await alice.sees(`— talking to ${names[1]}`);
    alice.type('hello');
    await bob.sees(`${names[0]}: hello`);
    bob.type(`/to ${names[0]}`);
    bob.type('hello yourself');
    await alice.sees(`${names[1]}: hello yourself`);

    await bob.ended('SIGKILL');
    for (let i = 1; i <= 5; i++) alice.type(`while you were away ${i}`);
    await alice.sees('you: while you were away 5');
    const again = open(names[1]);
    await again.sees('while you were away 5');
    const missed = [1, 2, 3, 4, 5].map((i) => `while you were away ${i}`);
    // before them perhaps lines of before, which the killed program had shown and not yet noted
    expect(again.talk.slice(-5)).toEqual(missed.map((text) => `${names[0]}: ${text}`));
    expect(new Set(again.talk).size).toBe(again.talk.length);
    again.type('/list');
    await again.sees(`${names[0]}  7 messages`);
    again.type('/quit');
    expect(await again.ended()).toBe(0);
    alice.type('/quit');
    expect(await alice.ended()).toBe(0);
    expect(alice.talk).toEqual(['you: hello', `${names[1]}: hello yourself`, ...missed.map((text) => `you: ${text}`)]);
    data.remove();
  });

  it('two terminals in a group; a second program of the same person is refused, mistakes are explained', async () => {
    const { data, names, open, alice, bob } = await twoTerminals(place);
    const second = open(names[1]);
    expect(await second.ended()).toBe(1);
    expect(second.output).toMatch(/^This person chats in another terminal already \(process \d+\)\.\n$/);

    for (const [line, answer] of [
      ['anybody?', 'To whom? /to NAME'],
      ['/to', '! It goes like this: /to NAME'],
      ['/to nobody-at-all', '! There is no user nobody-at-all.'],
      [`/to ${names[0]}`, '! That is you.'],
      ['/list', 'There are no conversations yet'],
      ['/dance', 'There is no /dance; /help lists what there is.'],
    ] as const) {
      alice.type(line);
      await alice.sees(answer);
    }
    alice.type(`/new walk ${names[1]}`);
    await alice.sees('— made walk');
    await bob.sees('— you are in the group walk: /group walk');
    alice.type('who comes?');
    await bob.sees(`#walk ${names[0]}: who comes?`);
    bob.type('/group walk');
    bob.type('me');
    await alice.sees(`#walk ${names[1]}: me`);
    alice.type('/leave');
    await alice.sees('! Its only owner can not leave it.');
    bob.type('/leave');
    await bob.sees('— you are no longer in walk');
    for (const one of [alice, bob]) {
      one.type('/quit');
      expect(await one.ended()).toBe(0);
    }
    data.remove();
  });
};
