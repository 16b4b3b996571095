/** A promise of the design was broken (P1 … P8), or the system did not come to rest (`stuck`). */
export class Violation extends Error {
  readonly promise: string;
  constructor(promise: string, message: string) {
    super(`${promise}: ${message}`);
    this.name = 'Violation';
    this.promise = promise;
  }
}
