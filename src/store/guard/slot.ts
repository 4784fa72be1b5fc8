/** A place in a statement into which a value is put when the statement is sent. */
export class Slot {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
    Object.freeze(this);
  }
}

/** The place of the tenant's id. There is one, so that nothing else can pass for it. */
export const TENANT = new Slot('tenant');
