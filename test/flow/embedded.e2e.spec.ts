import { afterAll, beforeAll, describe } from 'vitest';
import { connectionStories } from './connections.stories.ts';
import { embeddedFaultStories } from './faults.embedded.stories.ts';
import { dataFolder, type Running, SETTINGS, startEmbedded } from './harness.ts';
import { talkStories } from './talk.stories.ts';
import { terminalStories } from './terminal.stories.ts';
import { tokenStories } from './tokens.stories.ts';

describe('stories, embedded', () => {
  const folders = [dataFolder(), dataFolder()] as const;
  let clatter: Running;
  let brief: Running | undefined;

  beforeAll(async () => {
    clatter = await startEmbedded({ ...SETTINGS, CLATTER_DATA: folders[0].path });
  });
  afterAll(async () => {
    await Promise.all([clatter?.kill(), brief?.kill()]);
    for (const folder of folders) folder.remove();
  });

  const place = {
    url: () => clatter.url,
    edges: () => [clatter.url],
    metrics: async () => (await fetch(`${clatter.admin}/metrics`)).text(),
    brief: async () => {
      brief ??= await startEmbedded({ ...SETTINGS, CLATTER_DATA: folders[1].path, CLATTER_ACCESS_MINUTES: '0.1' });
      return { auth: brief.url, url: brief.url, edge: brief.url };
    },
  };
  talkStories(place);
  connectionStories(place);
  tokenStories(place);
  terminalStories(place);
  embeddedFaultStories();
});
