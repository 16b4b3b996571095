import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    reporters: ['default', './tools/tally-reporter.ts'],
    environment: 'node',
    include: ['{libs,services,apps,test,tools,bench}/**/*.{unit,int,e2e}.spec.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
});
