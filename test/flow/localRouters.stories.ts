import { logIn, request } from '@clatter/client';
import { expect, it } from 'vitest';
import type { Cluster, ServiceProcess } from '../cluster/cluster.ts';
import { PASSWORD, person, until } from './harness.ts';
import { complete, talking } from './talking.ts';
import { Wire } from './wire.ts';

/** Where nobody listens: an edge that dials in spite of its setting is found out. */
const NOWHERE = 'ws://127.0.0.1:1';
const LOCAL = {
  CLATTER_EDGE_ROUTERS: 'local',
  CLATTER_MESSAGING_ROUTERS: NOWHERE,
  CLATTER_PRESENCE_ROUTERS: NOWHERE,
  CLATTER_AUTH_ROUTERS: NOWHERE,
};

/** Edges that run their routers themselves, beside edges that listen to those of the services. */
export const localRouterStories = (cluster: () => Cluster): void => {
  const urlOf = ({ port }: ServiceProcess): string => `http://127.0.0.1:${port}`;
  const remote = (): ServiceProcess => cluster().services.find(({ name }) => name === 'edge') as ServiceProcess;
  const on = (name: string, edge: ServiceProcess) => {
    const wire = new Wire(urlOf(edge));
    return { wire, person: person(cluster().url, name, { by: wire.connect }) };
  };

  it('edges with routers of their own and one with remote ones: people talk, see each other online, and an ended session is closed', {
    timeout: 120_000,
  }, async () => {
    const edges = [await cluster().add('edge', LOCAL), await cluster().add('edge', LOCAL)] as const;
    const [anna, ben, carl] = await Promise.all([on('anna', edges[0]).person, on('ben', edges[1]).person, on('carl', remote()).person]);
    await Promise.all([talking(anna, ben, 10), talking(ben, carl, 10), talking(carl, anna, 10)].map(({ done }) => done));

    for (const [one, other] of [
      [anna, carl],
      [carl, ben],
    ] as const) {
      one.client.watch({ users: [other.user] });
      await until(`${one.name} sees ${other.name}`, () => one.client.presence.get(other.user)?.status === 'online');
    }
    for (const { admin } of edges) {
      expect((await fetch(`http://127.0.0.1:${admin}/readyz`)).status).toBe(200);
      const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
      await until('each of its routers has its feed', async () => {
        const feeds = [...(await metrics()).matchAll(/^clatter_router_feeds\{service="(\w+)"\} 1$/gm)].map(([, service]) => service);
        return feeds.sort().join() === 'auth,messaging,presence';
      });
    }
    const other = await logIn(cluster().url, { username: anna.name, password: PASSWORD });
    await request(`${cluster().url}/v1/sessions/others`, { method: 'DELETE', token: other.accessToken });
    await until('her socket is closed', () => anna.client.status.is === 'stopped');
    expect(anna.client.status.reason).toBe('session_revoked');
    await complete([ben, carl], 10);
    for (const { server } of edges) await server.kill();
  });

  it('an edge with routers of its own is killed while people talk, and started again: nothing is lost or doubled; told to stop it sends its clients away', {
    timeout: 120_000,
  }, async () => {
    const edge = await cluster().add('edge', LOCAL);
    const here = on('anna', edge);
    const there = on('ben', remote());
    const [anna, ben] = [await here.person, await there.person];
    const [to, from] = [talking(anna, ben, 20), talking(ben, await on('carl', edge).person, 20)];
    await until('some are acknowledged', () => to.acknowledged() >= 10 && from.acknowledged() >= 10);
    await edge.server.kill('SIGKILL');
    await cluster().restart(edge);
    await Promise.all([to.done, from.done]);
    await until('anna is back', () => here.wire.welcomes.length >= 2 && anna.client.status.is === 'online');
    expect(there.wire.opened).toBe(1);
    await edge.server.kill('SIGTERM');
    expect(edge.server.output).not.toContain('could not stop');
    // who comes back before the port is closed is sent away once more
    expect(new Set(here.wire.closes)).toEqual(new Set([4001]));
    await cluster().restart(edge);
    await complete([anna, ben], 20);
    await edge.server.kill();
  });
};
