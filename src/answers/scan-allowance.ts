import { DAY_MS } from '../units.js';
import type { Admission, Caller } from './reply.js';

/** What persons' questions have read, kept over restarts (state/athena-tables.ts); days are UTC days since 1970. */
export interface ScanLedger {
  readonly read: (person: string, day: number) => Promise<number>;
  readonly add: (person: string, day: number, bytes: number) => Promise<void>;
}

export interface ScanAllowance {
  /** What the person's questions of the day have read, those under way counted with what they are thought to read. */
  readonly used: (person: string, day: number) => Promise<number>;
  /**
   * Lets one question of a person in at a time: what it will read is set aside before the next one is looked at, so that
   * many questions at once read no more than one after the other. The bytes are free again when it ends.
   */
  readonly admit: (
    person: string,
    look: () => Promise<{ readonly instead: NonNullable<Admission['instead']> } | { readonly bytes: number }>,
  ) => Promise<Admission>;
  readonly bill: (bytes: number, caller: Caller, nowMs: number) => Promise<void>;
}

/** Holds what a person may read on a day against what they read, and what they are reading. */
export function openAllowance(ledger: ScanLedger): ScanAllowance {
  const setAside = new Map<string, number>();
  const turns = new Map<string, Promise<unknown>>();
  const move = (person: string, bytes: number): void => {
    const left = (setAside.get(person) ?? 0) + bytes;
    if (left > 0) setAside.set(person, left);
    else setAside.delete(person);
  };
  return {
    used: async (person, day) => (await ledger.read(person, day)) + (setAside.get(person) ?? 0),
    admit: async (person, look) => {
      const before = turns.get(person) ?? Promise.resolve();
      const turn = before.then(look, look).then((found): Admission => {
        if ('instead' in found) return found;
        let isHeld = true;
        move(person, found.bytes);
        return {
          release: () => {
            if (isHeld) move(person, -found.bytes);
            isHeld = false;
          },
        };
      });
      turns.set(person, turn);
      try {
        return await turn;
      } finally {
        if (turns.get(person) === turn) turns.delete(person);
      }
    },
    bill: (bytes, { id }, nowMs) => ledger.add(id, Math.floor(nowMs / DAY_MS), bytes),
  };
}
