import type { JsonObject } from '@clatter/contract';

/** An OpenAPI document as far as documents are put together. */
export type ApiDocument = {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths?: JsonObject;
  readonly components?: { readonly [section: string]: JsonObject };
};

const FETCH_WITHIN = 3_000;
const KEEP = 30_000;
const MISSING = 'A service does not answer now: its routes are missing here.';

/** One document of all routes; what is in several is taken from the first. */
export const mergeApis = (own: ApiDocument, others: readonly (ApiDocument | undefined)[]): ApiDocument => {
  const all = [own, ...others.filter((other) => other !== undefined)];
  const sections = new Set(all.flatMap(({ components }) => Object.keys(components ?? {})));
  const merged = (pick: (document: ApiDocument) => JsonObject | undefined): JsonObject => Object.assign({}, ...all.map(pick).reverse());
  return {
    ...own,
    info: { ...own.info, ...(others.includes(undefined) ? { description: MISSING } : {}) },
    paths: merged(({ paths }) => paths),
    components: Object.fromEntries([...sections].map((section) => [section, merged(({ components }) => components?.[section])])),
  };
};

const fetchApi = async (url: string): Promise<ApiDocument | undefined> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_WITHIN) });
    return response.ok ? ((await response.json()) as ApiDocument) : undefined;
  } catch {
    return undefined; // the document says that something is missing
  }
};

/** Our document with those of the other services at `urls`; these are asked at most twice a minute, and at once again after one was missing. */
export const wholeApi = (own: () => ApiDocument, urls: readonly string[]): (() => Promise<ApiDocument>) => {
  let kept: { readonly document: Promise<ApiDocument>; until: number } | undefined;
  return () => {
    if (kept && Date.now() < kept.until) return kept.document;
    const document = Promise.all(urls.map(fetchApi)).then((others) => {
      if (others.includes(undefined)) mine.until = 0;
      return mergeApis(own(), others);
    });
    const mine = { document, until: Date.now() + KEEP };
    kept = mine;
    return document;
  };
};
