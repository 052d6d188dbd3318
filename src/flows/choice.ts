/**
 * One interface can be in several flow logs: of the VPC, the subnet, the interface. Each logs every byte, so for each
 * interface and stretch of time one log counts, as a whole, never row by row: a ten-minute row begins in one minute
 * while another log's one-minute rows fill the next nine (facts/flow-logs.md 2.3).
 */

/** AWS's longest aggregation window, in minutes; logs are changed on its borders only. */
export const SLOT_MINUTES = 10;

/** One log's view of one unit (a gateway, or a workload's interface towards it). */
export interface LogPresence {
  readonly log: string;
  /** The better log has more: fields that sharpen an answer, its own rows before a workload's. */
  readonly score: number;
  /** Life of the log in minutes: first start and last end of any of its rows. */
  readonly firstMinute: number;
  readonly lastMinute: number;
  /** Slots (minute / 10) in which the log has a row of the unit, NODATA included. */
  readonly slots: ReadonlySet<number>;
  /** Bytes of all its accepted rows of the unit by slot. */
  readonly bytes: ReadonlyMap<number, number>;
  /** Slots with SKIPDATA: the log says itself that something is missing. */
  readonly skipped: ReadonlySet<number>;
}

/** That log counts for the unit from ≤ start minute < to. */
export interface Choice {
  readonly log: string;
  readonly fromMinute: number;
  readonly toMinute: number;
}

/**
 * For each stretch the log that counts. In a slot, a log that lived through all of it and has rows is taken before any
 * that did not; where none did (the end of one log and the beginning of the next), the slot is cut where logs begin and
 * end, and each piece takes the best log alive.
 */
export function chooseLogs(logs: readonly LogPresence[]): Choice[] {
  const choices: Choice[] = [];
  const slots = [...new Set(logs.flatMap((log) => [...log.slots]))].sort((a, b) => a - b);
  for (const slot of slots) {
    const from = slot * SLOT_MINUTES;
    const to = from + SLOT_MINUTES;
    const here = logs.filter((log) => log.slots.has(slot));
    const complete = here.filter((log) => log.firstMinute < from && log.lastMinute >= to);
    // A log that begins or ends in the slot may still hold all of it: then it has the bytes of one that surely does.
    const wholeBytes = new Set(complete.map((log) => log.bytes.get(slot)));
    const candidates = here.filter((log) => complete.includes(log) || wholeBytes.has(log.bytes.get(slot) ?? -1));
    if (candidates.length > 0) addChoice(choices, best(candidates, slot).log, from, to);
    else
      for (const piece of pieces(here, from, to)) addChoice(choices, best(piece.alive, slot).log, piece.from, piece.to);
  }
  return choices;
}

function best(logs: readonly LogPresence[], slot: number): LogPresence {
  return logs.reduce((a, b) => (compare(a, b, slot) <= 0 ? a : b));
}

function compare(a: LogPresence, b: LogPresence, slot: number): number {
  return (
    Number(a.skipped.has(slot)) - Number(b.skipped.has(slot)) ||
    b.score - a.score ||
    a.firstMinute - b.firstMinute ||
    b.slots.size - a.slots.size ||
    (a.log < b.log ? -1 : 1)
  );
}

function pieces(
  logs: readonly LogPresence[],
  from: number,
  to: number,
): { readonly alive: readonly LogPresence[]; readonly from: number; readonly to: number }[] {
  const cuts = new Set([from, to]);
  for (const log of logs) {
    for (const cut of [log.firstMinute, log.lastMinute + 1]) if (cut > from && cut < to) cuts.add(cut);
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  const found: { alive: LogPresence[]; from: number; to: number }[] = [];
  for (let i = 0; i + 1 < sorted.length; i++) {
    const [start, end] = [sorted[i]!, sorted[i + 1]!];
    const alive = logs.filter((log) => log.firstMinute < end && log.lastMinute >= start);
    if (alive.length > 0) found.push({ alive, from: start, to: end });
  }
  return found;
}

function addChoice(choices: Choice[], log: string, fromMinute: number, toMinute: number): void {
  const last = choices.at(-1);
  if (last && last.log === log && last.toMinute === fromMinute) choices[choices.length - 1] = { ...last, toMinute };
  else choices.push({ log, fromMinute, toMinute });
}
