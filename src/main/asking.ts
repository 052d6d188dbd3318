import type { AskDeps } from '../../commands/ask.js';
import type { Answer } from '../answers/answer.js';
import type { Engine } from '../answers/open-engine.js';
import type { Config } from '../config.js';
import { NetcostError } from '../errors.js';
import { parseQuestion } from '../query/parse.js';
import type { Query } from '../query/query.js';
import type { Job } from '../schedule.js';
import type { State } from '../state/open-state.js';
import { athenaSide } from './athena.js';
import { type InsightsSide, insightsSide } from './insights.js';
import { type LiveGroup, type SourceEngines, sourceEngines } from './source-engines.js';

/** How questions are asked where AWS answers some of them, and what has to be closed at the end. */
export interface AskingSide {
  readonly ask: AskDeps;
  readonly jobs: readonly Job[];
  readonly close: () => void;
}

interface AskingParts {
  readonly engine: Engine;
  readonly state: State;
  readonly nowMs: () => number;
  readonly elapsedMs: () => number;
}

/**
 * Each question goes to one engine: that of the source whose gateways it names (nat=), else that of data.engine. Sources
 * that were not asked are named in a caveat, since sums of two engines cannot be put together. Undefined where the
 * embedded engine answers everything.
 * @throws NetcostError 'config' where an engine has nothing to ask.
 */
export function askingSide(config: Config, parts: AskingParts): AskingSide | undefined {
  const sources = sourceEngines(config);
  const athena = config.data.athena === undefined ? undefined : athenaSide(config, parts);
  if (sources.live.length === 0) return athena;
  const insights = insightsSide(config, sources.live, parts);
  const others: AskDeps = athena?.ask ?? { ask: parts.engine.ask };
  const pick = async (text: string, nowMs: number): Promise<Picked> => {
    const query = parseQuestion(text, { nowMs });
    const groups = await pickGroups(config, sources, parts.engine, insights, query);
    const left = sources.live.filter((one) => one.engine === 'logs-insights' && !groups.includes(one));
    return { deps: groups.length > 0 ? insights.askOf(groups) : others, left };
  };
  return {
    ask: {
      ask: async (input) => {
        const { deps, left } = await pick(input.text, input.nowMs);
        return withLeft(await deps.ask(input), left);
      },
      guard: async (text, caller, nowMs, isConfirmed) => {
        const { deps, left } = await pick(text, nowMs);
        const { answer, ...rest } = (await deps.guard?.(text, caller, nowMs, isConfirmed)) ?? {};
        return answer === undefined ? rest : { ...rest, answer: withLeft(answer, left) };
      },
      // Whatever engine read it, it counts for the same day of the same person.
      bill: insights.askOf([]).bill!,
    },
    jobs: athena?.jobs ?? [],
    close: () => {
      athena?.close();
      insights.close();
    },
  };
}

interface Picked {
  readonly deps: AskDeps;
  /** Log groups whose rows are nowhere else, and that this question is not asked of. */
  readonly left: readonly LiveGroup[];
}

/** The log groups that a question is asked of; none where another engine has what is asked. */
async function pickGroups(
  { data }: Config,
  { buckets, logGroups, live }: SourceEngines,
  engine: Engine,
  insights: InsightsSide,
  query: Query,
): Promise<readonly LiveGroup[]> {
  const hasOthers =
    data.flowLogs !== undefined || buckets.length > 0 || logGroups.length > 0 || data.athena !== undefined;
  const isOld = !reachesBack(engine, query.window.fromMs);
  const mayBeAsked = live.filter((one) => one.engine === 'logs-insights' || isOld);
  const names = gatewayNames(query);
  if (names.length > 0 && hasOthers) {
    const groupsOf = await insights.groupsOfGateway();
    const found = names.map((name) => (groupsOf.get(name) ?? []).filter((one) => mayBeAsked.includes(one)));
    const some = [...new Set(found.flat())];
    if (some.length === 0) return [];
    const elsewhere = names.filter((_, i) => found[i]!.length === 0);
    if (elsewhere.length === 0) return some;
    throw new NetcostError(
      'usage',
      `${elsewhere.join(', ')} ${elsewhere.length === 1 ? 'is' : 'are'} not in the log group ${some[0]!.group.name}, and one engine answers a question.`,
      { hint: 'Ask for the gateways of each source by themselves.' },
    );
  }
  if (!hasOthers || data.engine === 'logs-insights') return mayBeAsked;
  // What the store does not reach back to; where Athena is asked for that, it is Athena's.
  const isAthenas = data.athena !== undefined && data.engine !== 'embedded';
  return isOld && !isAthenas && live.some((one) => one.engine === 'auto') ? live : [];
}

/** Gateways that a question names, and not only leaves out. */
const gatewayNames = ({ where }: Query): readonly string[] =>
  (where.get('nat') ?? []).flatMap(({ value, negated }) => (negated ? [] : [value.toLowerCase()]));

/** Whether the store has rows from before that moment. */
function reachesBack(engine: Engine, fromMs: number): boolean {
  const lives = engine.store.catalog.flowLogLives();
  return lives.some(({ firstSecond }) => firstSecond > 0 && firstSecond * 1000 <= fromMs);
}

/** The answer with a word of the log groups that it does not tell of; a question that names its gateways asks for no others. */
const withLeft = (answer: Answer, left: readonly LiveGroup[]): Answer =>
  left.length === 0 || gatewayNames(answer.query).length > 0
    ? answer
    : { ...answer, caveats: [notAsked(left), ...answer.caveats] };

function notAsked(left: readonly LiveGroup[]): string {
  const names = left.map(({ group }) => group.name).join(', ');
  return `Not in these totals: ${names}, which Logs Insights answers for. Ask for ${left.length === 1 ? 'its' : 'their'} gateways with nat=….`;
}
