/** Something that trying again can't mend: the partition stops and a person must look. */
export class Alarm extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Alarm';
  }
}
