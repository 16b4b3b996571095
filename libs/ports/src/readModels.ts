import type { Watermarks } from '@clatter/contract';

/** The read models of one service as they serve now. A rebuild replaces them while they serve. */
export interface ReadModels {
  /** The physical name of a collection in the serving generation. @throws {ClatterError} unavailable where none serves yet */
  collection(name: string): string;
  /** Per topic and partition the last offset that is in the read models, -1 for none. @throws {ClatterError} unavailable */
  checkpoints(): Promise<Watermarks>;
  /** Waits until the checkpoints cover `wanted`; false when that did not happen within `ms`. */
  reached(wanted: Watermarks, ms: number): Promise<boolean>;
  /** The same, held to the generation that serves now: what one query reads fits together while another one is switched to. @throws {ClatterError} unavailable */
  pinned(): ReadModels;
}
