import { quoteValue } from '../query/question-words.js';
import type { Answer, AnswerRow, KeyValue } from './answer.js';

/** A destination (of a team) to which much more or much less went than before. */
export interface Mover {
  readonly team: string | null;
  /** "S3", "Datadog", "github"; null where nobody knows whose the address is. */
  readonly name: string | null;
  readonly bytes: bigint;
  readonly beforeBytes: bigint;
  /** The client and the far end between which most of the change was; undefined where no pair tells it. */
  readonly pair: Pair | undefined;
}

interface Pair {
  readonly client: string;
  readonly remote: string;
  readonly bytes: bigint;
  readonly beforeBytes: bigint;
}

/** A change of less than a tenth of everything, or of a quarter of itself, is no news; nor is one of so few bytes. */
const LEAST_SHARE = 0.1;
const LEAST_OF_ITSELF = 0.25;
const LEAST_BYTES = 256 * 1024 * 1024;
const MOST_MOVERS = 3;

/**
 * What changed most against the span before: destinations of one team, or teams and their destinations. For each the
 * pair of addresses that moved most in the same direction.
 */
export async function findMovers(input: {
  readonly ask: (text: string) => Promise<Answer>;
  readonly team: string | undefined;
  readonly since: string;
  readonly compare: string;
}): Promise<readonly Mover[]> {
  const { ask, team, since, compare } = input;
  const own = team === undefined ? '' : `team=${quote(team)} `;
  const by = team === undefined ? 'team,service' : 'service,provider';
  const { rows, total } = await ask(`${own}${since} by=${by} ${compare} top=1000`);
  const least = Math.max(LEAST_BYTES, LEAST_SHARE * Math.max(Number(total.bytes), Number(total.previous?.bytes ?? 0n)));
  const moved = rows
    .filter((row) => Math.abs(changeOf(row)) >= Math.max(least, LEAST_OF_ITSELF * Number(row.previous?.bytes ?? 0n)))
    .sort((a, b) => Math.abs(changeOf(b)) - Math.abs(changeOf(a)))
    .slice(0, MOST_MOVERS);
  return Promise.all(moved.map((row) => describeMover(ask, row, { team, since, compare })));
}

async function describeMover(
  ask: (text: string) => Promise<Answer>,
  row: AnswerRow,
  about: { readonly team: string | undefined; readonly since: string; readonly compare: string },
): Promise<Mover> {
  const { since, compare } = about;
  const team = about.team ?? textOf(row.key.team);
  // Teams and services leave no room for providers: what has no service is looked at once more.
  const isNameless = about.team === undefined && textOf(row.key.service) === null && team !== null;
  const named = isNameless
    ? mostMoved(
        (await ask(`team=${quote(team)} ${since} by=service,provider ${compare} top=1000`)).rows.filter(
          ({ key }) => textOf(key.service) === null,
        ),
        row,
      )
    : row;
  const mover = named ?? row;
  const filter = filterOf(team, mover);
  const pairs = filter === undefined ? [] : (await ask(`${filter} ${since} by=client,remote ${compare} top=1000`)).rows;
  return {
    team,
    name: textOf(mover.key.service) ?? textOf(mover.key.provider),
    bytes: mover.bytes,
    beforeBytes: mover.previous?.bytes ?? 0n,
    pair: pairOf(mostMoved(pairs, mover)),
  };
}

/** The row that changed most in the direction of `like`. */
function mostMoved(rows: readonly AnswerRow[], like: AnswerRow): AnswerRow | undefined {
  const sign = Math.sign(changeOf(like));
  return rows.reduce<AnswerRow | undefined>(
    (best, row) => (sign * changeOf(row) > (best === undefined ? 0 : sign * changeOf(best)) ? row : best),
    undefined,
  );
}

function pairOf(row: AnswerRow | undefined): Pair | undefined {
  const [client, remote] = [textOf(row?.key.client), textOf(row?.key.remote)];
  if (row === undefined || client === null || remote === null) return undefined;
  return { client, remote, bytes: row.bytes, beforeBytes: row.previous?.bytes ?? 0n };
}

/** The mover as conditions of a question; undefined where its far end has no name to ask for. */
function filterOf(team: string | null, { key }: AnswerRow): string | undefined {
  const [service, provider] = [textOf(key.service), textOf(key.provider)];
  const far = service !== null ? `service=${quote(service)}` : provider !== null ? `provider=${quote(provider)}` : '';
  // Rows of no service: without a provider in the question they are everything of that team.
  if (far === '' || team === null) return undefined;
  return `team=${quote(team)} ${far}`;
}

const changeOf = (row: AnswerRow): number => Number(row.bytes - (row.previous?.bytes ?? 0n));

const textOf = (value: KeyValue | undefined): string | null =>
  value === null || value === undefined ? null : String(value);

const quote = (value: string): string => quoteValue({ value, negated: false });
