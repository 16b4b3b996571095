/** Full jitter (protocol §5): a random wait in [0, min(max, first · 2^attempt)) ms; `random` in [0, 1). */
export const fullJitter = (attempt: number, random: number, first = 500, max = 30_000): number =>
  Math.floor(random * Math.min(max, first * 2 ** Math.min(attempt, 20)));
