/** A frame as it goes to many sockets: serialised once; a network socket keeps it here as it stands on the wire after the first use. */
export type OutFrame = { readonly text: string; bytes?: Uint8Array };

/** What the edge needs of a connection. */
export interface ClientSocket {
  /** all of them leave in one write */
  send(frames: readonly OutFrame[]): void;
  /** bytes given and not yet written */
  buffered(): number;
  close(code: number, reason: string): void;
}

/** What a connection tells the edge. */
export interface ClientInput {
  message(text: string): void;
  closed(): void;
}
