import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, type ServiceProcess, startCluster } from '../cluster/cluster.ts';
import { describeOn } from '../testbed/suite.ts';
import { connectionStories } from './connections.stories.ts';
import { clusterFaultStories } from './faults.cluster.stories.ts';
import { SETTINGS } from './harness.ts';
import { localRouterStories } from './localRouters.stories.ts';
import { talkStories } from './talk.stories.ts';
import { terminalStories } from './terminal.stories.ts';
import { tokenStories } from './tokens.stories.ts';

const onCluster = (): void => {
  let cluster: Cluster;
  let brief: ServiceProcess | undefined;

  beforeAll(async () => {
    cluster = await startCluster({ env: SETTINGS });
  }, 180_000);
  afterAll(() => cluster?.stop());

  const edges = (): ServiceProcess[] => cluster.services.filter(({ name }) => name === 'edge');
  const place = {
    url: () => cluster.url,
    edges: () => edges().map(({ port }) => `http://127.0.0.1:${port}`),
    metrics: async () => (await Promise.all(edges().map(async ({ admin }) => (await fetch(`http://127.0.0.1:${admin}/metrics`)).text()))).join('\n'),
    brief: async () => {
      brief ??= await cluster.add('auth', { CLATTER_ACCESS_MINUTES: '0.1' });
      return { auth: `http://127.0.0.1:${brief.port}`, url: cluster.url, edge: place.edges()[0] as string };
    },
  };
  talkStories(place);
  connectionStories(place);
  tokenStories(place);
  terminalStories(place);
  localRouterStories(() => cluster);

  it('the address shows what runs, and the API of all services in one document', async () => {
    expect(await (await fetch(cluster.url)).text()).toContain('Kafka');
    expect((await fetch(`${cluster.url}/docs`)).status).toBe(200);
    const { paths, info } = (await (await fetch(`${cluster.url}/v1/openapi.json`)).json()) as { paths: object; info: object };
    expect(info).not.toHaveProperty('description'); // it would say that a service is missing
    for (const path of ['/v1/commands', '/v1/sync', '/v1/accounts']) expect(Object.keys(paths)).toContain(path);
    expect(await (await fetch(`${cluster.url}/v1/nothing`)).json()).toMatchObject({ code: 'not_found' });
  });

  clusterFaultStories(() => cluster);
};

await describeOn(['kafka', 'mongo'], 'stories, on Kafka and MongoDB', onCluster);
