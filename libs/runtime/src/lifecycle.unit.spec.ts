import type { Part } from '@clatter/ports';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { startAll, stopAll } from './lifecycle.ts';

const log = pino({ level: 'silent' });

const parts = (bad: { readonly start?: string; readonly stop?: string } = {}): { readonly list: Part[]; readonly heard: string[] } => {
  const heard: string[] = [];
  const list = ['a', 'b', 'c'].map(
    (name): Part => ({
      name,
      start: async () => {
        heard.push(`start ${name}`);
        if (bad.start === name) throw new Error('no port');
      },
      stop: async () => {
        heard.push(`stop ${name}`);
        if (bad.stop === name) throw new Error('stuck');
      },
    }),
  );
  return { list, heard };
};

describe('lifecycle', () => {
  it('starts in order and stops in reverse', async () => {
    const { list, heard } = parts();
    await startAll(list, log);
    await stopAll(list, log);
    expect(heard).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  });

  it('what was started is stopped again where one fails, and the error is told', async () => {
    const { list, heard } = parts({ start: 'c' });
    await expect(startAll(list, log)).rejects.toThrow('no port');
    expect(heard).toEqual(['start a', 'start b', 'start c', 'stop b', 'stop a']);
  });

  it('a part that does not stop keeps no other', async () => {
    const { list, heard } = parts({ stop: 'b' });
    await stopAll(list, log);
    expect(heard).toEqual(['stop c', 'stop b', 'stop a']);
  });
});
