import { Reader } from './bytes.ts';
import type { Api } from './frames.ts';

export const API_VERSIONS: Api = { apiKey: 18, version: 0, apiName: 'ApiVersions' };

/** Returns which of `needed` a broker does not speak, in words; '' = it speaks them all. The request has no body. */
export const missingOf = (payload: Buffer, needed: readonly Api[]): string => {
  const from = new Reader(payload);
  const error = from.int16();
  if (error !== 0) return `error ${error} instead of its versions`;
  const spoken = new Map<number, readonly [least: number, most: number]>();
  for (let n = from.int32(); n > 0; n--) spoken.set(from.int16(), [from.int16(), from.int16()]);
  return needed
    .filter(({ apiKey, version }) => {
      const [least, most] = spoken.get(apiKey) ?? [0, -1];
      return version < least || version > most;
    })
    .map(({ apiName, version }) => `${apiName} v${version}`)
    .join(', ');
};
