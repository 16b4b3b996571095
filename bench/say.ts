import type { Row } from './figures.ts';

/** How a program tells what it finds. */
export type Say = {
  /** a figure */
  readonly row: (row: Row) => void;
  /** what is to be known about the rows that follow: `text` for people, `fact` for programs, which know it by its field `what` */
  readonly fact: (fact: Row & { readonly what: string }, text: string) => void;
  readonly note: (text: string) => void;
};
