import { directId } from '@clatter/kernel';
import { rawSocket } from '@clatter/testing';
import { expect, it } from 'vitest';
import type { Cluster } from '../cluster/cluster.ts';
import { person, texts, until, uuid7 } from './harness.ts';
import { complete, talking } from './talking.ts';
import { Wire } from './wire.ts';

/** What may happen to the processes of a cluster, to its broker and its database, while people talk. */
export const clusterFaultStories = (cluster: () => Cluster): void => {
  const all = (name: string) => cluster().services.filter((service) => service.name === name);
  const edge = (i: number): string => `http://127.0.0.1:${all('edge')[i]?.port}`;

  const given = (what: string): boolean => (what === 'the broker' && !cluster().kafka.touchable) || (what === 'the database' && !cluster().mongo.touchable);

  // every kind of process that a message passes through, all of a kind at once
  const killing: Readonly<Record<string, () => Promise<void>>> = {
    'the broker': async () => {
      await cluster().kafka.kill(0);
      await cluster().kafka.restart(0);
    },
    'the database': async () => {
      await cluster().mongo.kill();
      await cluster().mongo.restart();
    },
    ...Object.fromEntries(
      ['messaging', 'edge', 'auth'].map((name) => [
        `every ${name} process`,
        async () => {
          for (const victim of all(name)) await victim.server.kill('SIGKILL');
          for (const victim of all(name)) await cluster().restart(victim);
        },
      ]),
    ),
  };
  for (const [victim, kill] of Object.entries(killing)) {
    it(`${victim} killed with SIGKILL while people talk: nothing acknowledged is lost or doubled, the clients go on by themselves`, {
      timeout: 90_000,
    }, async ({ skip }) => {
      if (given(victim)) skip(NOT_OURS);
      const [anna, ben] = [await person(cluster().url, 'anna'), await person(cluster().url, 'ben')];
      const talk = talking(anna, ben, 60);
      await until('some are acknowledged', () => talk.acknowledged() >= 15);
      await kill();
      await talk.done;
      await complete([anna, ben], 60);
    });
  }

  it('the router that an edge listens to is killed, and it takes up another: sockets stay open, nothing is lost or doubled', { timeout: 90_000 }, async () => {
    const wires = [new Wire(edge(0)), new Wire(edge(1))] as const;
    const anna = await person(cluster().url, 'anna', { by: wires[0].connect });
    const ben = await person(cluster().url, 'ben', { by: wires[1].connect });
    const talk = talking(anna, ben, Number.POSITIVE_INFINITY);
    // each in turn, so that whichever an edge had chosen is among them
    for (const victim of all('messaging')) {
      await victim.server.kill('SIGKILL');
      const before = talk.acknowledged();
      await until('they talk on without it', () => talk.acknowledged() > before + 10, 30_000);
      await cluster().restart(victim);
    }
    talk.stop();
    await talk.done;
    await complete([anna, ben], talk.acknowledged());
    expect(wires.map(({ opened, closes }) => [opened, closes])).toEqual([
      [1, []],
      [1, []],
    ]);
  });

  const away: Readonly<Record<string, { readonly go: () => Promise<void>; readonly back: () => Promise<void> }>> = {
    'the broker': { go: () => cluster().kafka.kill(0), back: () => cluster().kafka.restart(0) },
    'the database': { go: () => cluster().mongo.kill(), back: () => cluster().mongo.restart() },
  };
  for (const [what, { go, back }] of Object.entries(away)) {
    it(`${what} away and back: sockets stay open, commands are answered "same ref again" within 10 s, all resumes by itself`, {
      timeout: 150_000,
    }, async ({ skip }) => {
      if (given(what)) skip(NOT_OURS);
      const wires = [new Wire(edge(0)), new Wire(edge(1))] as const;
      const anna = await person(cluster().url, 'anna', { by: wires[0].connect });
      const ben = await person(cluster().url, 'ben', { by: wires[1].connect });
      const carl = await person(cluster().url, 'carl');
      const dora = await person(cluster().url, 'dora');
      await talking(anna, ben, 5).done;
      // a conversation that no owner holds in memory, and one who asks by hand
      const raw = await rawSocket(edge(0), { within: 30_000 });
      await raw.hello(await carl.tokens.get(false), 'by-hand');

      await go();
      const command = { type: 'command', ref: uuid7(), name: 'message.send', data: { direct: dora.user, kind: 'text', text: 'are you there?' } } as const;
      const asked = Date.now();
      await raw.send(command);
      const refused = await raw.next((frame) => frame.type === 'error' && frame.ref === command.ref);
      expect(Date.now() - asked).toBeLessThan(11_000);
      expect(refused).toMatchObject({ retry: 'same', code: expect.stringMatching(/^(unavailable|timeout)$/) });
      const talk = talking(anna, ben, 20, 5);
      await back();
      await talk.done;
      await until(
        'the same ref is answered',
        async () => {
          await raw.send(command);
          const answer = await raw.next((frame) => (frame.type === 'ok' || frame.type === 'error') && frame.ref === command.ref);
          return answer.type === 'ok';
        },
        60_000,
      );
      await until('dora has it once', () => texts(dora.client, directId(carl.user, dora.user)).join() === 'are you there?', 30_000);
      await complete([anna, ben], 25);
      expect(wires.map(({ opened, closes }) => [opened, closes])).toEqual([
        [1, []],
        [1, []],
      ]);
      raw.cut();
      for (const { client } of [carl, dora]) client.close();
    });
  }
};

const NOT_OURS = 'it was given by its address and is not ours to kill';
