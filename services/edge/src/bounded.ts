/** Puts a value at the young end of a map that holds at most `most`: the one put longest ago is forgotten (P7). */
export const bounded = <T>(map: Map<string, T>, key: string, value: T, most: number): void => {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value as string);
};
