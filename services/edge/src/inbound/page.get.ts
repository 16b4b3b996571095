import type { HttpPlugin } from '@clatter/runtime';

const page = (runs: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Clatter</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem;color:#1c2024}code,pre{background:#f1f3f5;border-radius:4px;padding:.1rem .3rem}pre{padding:1rem;overflow:auto}@media(prefers-color-scheme:dark){body{background:#16181a;color:#e6e8ea}code,pre{background:#24272a}a{color:#8ab4ff}}</style></head>
<body><main>
<h1>Clatter is running</h1>
<p>${runs}</p>
<p>Chat from two terminals:</p>
<pre>npm run chat -- alice
npm run chat -- bob</pre>
<ul>
<li><a href="/docs">The HTTP API</a> (<a href="/v1/openapi.json">OpenAPI</a>)</li>
<li>The socket is at <code>/v1/ws</code>, subprotocol <code>clatter.v1</code>; <code>docs/protocol.md</code> describes its frames.</li>
</ul>
<p>The browser client is not part of this version.</p>
</main></body></html>`;

/** `GET /`: says that Clatter runs, and where to go on. `runs`: what runs where, a sentence of HTML. */
export const pageGet =
  (runs: string): HttpPlugin =>
  async (app) => {
    const text = page(runs);
    app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.type('text/html; charset=utf-8').send(text));
  };
