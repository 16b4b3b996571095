import { readFileSync } from 'node:fs';
import { METRICS } from '@clatter/runtime';
import { expect, it } from 'vitest';
import { dataFolder, person, startEmbedded, texts, until } from '../flow/harness.ts';
import { freePort } from '../testbed/port.ts';

const page = readFileSync(new URL('../../docs/reference/metrics.md', import.meta.url), 'utf8');

it('the page of metrics lists what a running process exposes, and what a message leaves behind is measured', { timeout: 60_000 }, async () => {
  const data = dataFolder();
  const admin = await freePort();
  const clatter = await startEmbedded({ CLATTER_DATA: data.path, CLATTER_ADMIN_PORT: String(admin) });
  try {
    const [anna, ben] = [await person(clatter.url, 'anna'), await person(clatter.url, 'ben')];
    const { conversation } = await anna.client.send({ direct: ben.user }, 'hello');
    await until('ben has it', () => texts(ben.client, String(conversation)).length === 1);
    const scrape = async (): Promise<string> => (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
    await anna.client.send({ direct: ben.user }, 'again'); // live for both: the first one made their conversation
    await until('ben has both', () => texts(ben.client, String(conversation)).length === 2);
    // the roles measure their lag every 5 s
    await until('the lag is measured', async () => /^clatter_lag_records\{.*role="projector".*\} 0$/m.test(await scrape()));
    const text = await scrape();
    const types = [...text.matchAll(/^# TYPE (clatter_\w+) (\w+)$/gm)].map(([, name = '', type = '']) => ({ name, type }));
    expect(types.length).toBeGreaterThan(15);
    for (const { name, type } of types) {
      expect(page, name).toContain(`| \`${name}\``);
      expect(METRICS[name as keyof typeof METRICS]?.type, name).toBe(type);
    }
    const value = (sample: string): number => Number(new RegExp(`^${sample} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
    expect(value('clatter_edge_sessions')).toBe(2);
    expect(value('clatter_edge_commands_total\\{name="message.send"\\}')).toBe(2);
    for (const stage of ['edge_answer', 'edge_append', 'edge_delivery']) expect(value(`clatter_${stage}_seconds_count`), stage).toBeGreaterThanOrEqual(1);
    for (const stage of ['owner_decide', 'owner_append', 'owner_command', 'projector_batch'])
      expect(value(`clatter_${stage}_seconds_count\\{service="messaging"\\}`), stage).toBeGreaterThanOrEqual(1);
    expect(text).toMatch(/^clatter_owner_epoch\{service="messaging",partition="\d"\} \d{13}$/m);
    expect(text).toMatch(/^clatter_queued_records\{service="messaging",role="owner",topic="messaging.commands"\} 0$/m);
    expect(text).toMatch(/^clatter_router_ring_age_seconds\{service="messaging"\}/m);
    anna.client.close();
    ben.client.close();
  } finally {
    await clatter.kill();
    data.remove();
  }
});
