import { ManualClock } from '@clatter/memory';
import { expect, it } from 'vitest';
import { Writer } from '../wire/bytes.ts';
import type { Address } from '../wire/metadata.ts';
import { Brokers } from './brokers.ts';
import type { Link } from './link.ts';

const metadataOf = (port: number): Buffer => {
  const to = new Writer(64);
  to.int32(0);
  to.int32(1);
  to.int32(1);
  to.string('h');
  to.int32(port);
  to.string(null);
  to.string('c');
  to.int32(1);
  to.int32(0);
  return Buffer.from(to.written);
};

it('a link to a broker that moved while it was dialled is ended, also where nobody asks for it any more', async () => {
  const clock = new ManualClock();
  let port = 1;
  const ended: string[] = [];
  let connected = (): void => {};
  const linkTo = (name: string): Link => {
    const end = (): void => void ended.push(name);
    return { open: true, expires: Number.POSITIVE_INFINITY, retire: end, end, request: async () => metadataOf(port) } as unknown as Link;
  };
  const slow = new Promise<void>((resolve) => {
    connected = resolve;
  });
  let dialled = 0;
  const dial = async (address: Address): Promise<Link> => {
    if (++dialled === 2) await slow; // the first one asks for the metadata
    return linkTo(`${address.port}`);
  };
  const brokers = new Brokers(dial, ['h:1'], clock);
  await brokers.refresh();
  const dialling = brokers.link(1, 'write0');
  port = 9;
  brokers.doubt();
  const refreshed = brokers.refresh();
  await clock.advance(100);
  await refreshed;
  connected();
  await dialling;
  await clock.advance(0);
  expect(ended).toContain('1');
  brokers.close();
});
