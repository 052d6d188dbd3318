import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type AskAthenaDeps, askAthena } from '../../src/answers/ask-athena.js';
import { rollUpHours } from '../../src/answers/athena-rollup.js';
import { type Engine, openEngine } from '../../src/answers/open-engine.js';
import { describeError, NetcostError } from '../../src/errors.js';
import { athenaOnTrino, documentOf, withRollup } from '../fixtures/athena-on-trino.js';
import { firstDifference } from '../fixtures/first-difference.js';
import { makeTrinoTables } from '../fixtures/trino-tables.js';

/**
 * `npm run compare:engines -- FOLDER`: asks every question of every case in a folder both of the embedded engine and of
 * Trino running Athena's statements, over text and over Parquet, from the rows and from sums by the hour, and compares
 * the JSON of the answers. A case is a folder with `flow-logs/` (text or Parquet; the other form is made of it),
 * `questions.json` ([{question, now}]), and where there are such `owners.yaml`, `ip-ranges.json` and `ec2/`.
 * Ends with 1 where an answer differs.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    case: { type: 'string', multiple: true, default: [] },
    file: { type: 'string', multiple: true, default: ['text', 'parquet'] },
    from: { type: 'string', multiple: true, default: ['rows', 'sums'] },
    at: { type: 'string', default: '2' },
  },
});
interface Question {
  readonly question: string;
  readonly now: string;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** What an engine says to a question: its answer, or its refusal. */
async function told(ask: () => Promise<Parameters<typeof documentOf>[0]>): Promise<Record<string, unknown>> {
  try {
    return documentOf(await ask());
  } catch (error) {
    if (!(error instanceof NetcostError) || error.code !== 'usage') throw error;
    return { refused: error.message };
  }
}

/** Sums are by whole hours: a window that begins or ends inside of one is widened, and is compared with the wider one. */
async function expectedFor(
  engine: Engine,
  { question, now }: Question,
  answer: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const nowMs = Date.parse(now);
  const expected = await told(() => engine.ask({ text: question, nowMs }));
  if (JSON.stringify(expected.window) === JSON.stringify(answer.window)) return expected;
  const { from, to } = answer.window as { from: string; to: string };
  const words = question.split(' ').filter((word) => !word.startsWith('since='));
  const wider = await told(() =>
    engine.ask({ text: [`since=${from.slice(0, 16)}..${to.slice(0, 16)}`, ...words].join(' '), nowMs }),
  );
  return { ...wider, question: expected.question, caveats: answer.caveats };
}

async function compare(engine: Engine, deps: AskAthenaDeps, questions: readonly Question[]): Promise<string[]> {
  const differences: string[] = [];
  const left = [...questions];
  const work = async (): Promise<void> => {
    for (let one = left.shift(); one; one = left.shift()) {
      const { question, now } = one;
      try {
        const answer = await told(() => askAthena(deps, { text: question, nowMs: Date.parse(now) }));
        const difference = firstDifference(await expectedFor(engine, one, answer), answer);
        if (difference !== undefined) differences.push(`${question}: ${difference}`);
      } catch (error) {
        differences.push(`${question}: ${describeError(error).slice(0, 600)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: Number(values.at) }, work));
  return differences;
}

async function compareCase(folder: string, name: string): Promise<number> {
  const dir = join(folder, name);
  const questions = JSON.parse(await readFile(join(dir, 'questions.json'), 'utf8')) as Question[];
  const file = (called: string): string | undefined => (existsSync(join(dir, called)) ? join(dir, called) : undefined);
  const flowLogs = join(dir, 'flow-logs');
  const engine = await openEngine(
    { flowLogs, owners: file('owners.yaml'), ipRanges: file('ip-ranges.json') },
    { elapsedMs: () => 0 },
  );
  let differing = 0;
  try {
    for (const form of values.file as ('text' | 'parquet')[]) {
      const called = `${name}_${form}`.replaceAll(/[^a-z0-9]/g, '_');
      const rows = athenaOnTrino(engine, await makeTrinoTables(called, flowLogs, form));
      for (const from of values.from) {
        const started = performance.now();
        let hours = 0;
        let deps = rows;
        if (from === 'sums') {
          const rolled = (await withRollup(rows, `${called}_sums`)).deps;
          const nowMs = Math.max(...questions.map(({ now }) => Date.parse(now)));
          hours = (await rollUpHours(rolled, { nowMs })).hours;
          deps = rolled;
        }
        const differences = await compare(engine, deps, questions);
        differing += differences.length;
        const source = from === 'sums' ? `sums of ${hours} hours` : 'rows';
        say(
          `${name}, ${form}, ${source}: ${questions.length - differences.length} of ${questions.length} the same (${Math.round((performance.now() - started) / 1000)} s)`,
        );
        for (const difference of differences) say(`  ${difference}`);
      }
    }
  } finally {
    await engine.close();
  }
  return differing;
}

const [folder] = positionals;
if (folder === undefined || !existsSync(folder)) {
  process.stderr.write(
    'npm run compare:engines -- FOLDER [--case NAME]… [--file text|parquet]… [--from rows|sums]… [--at 2]\n',
  );
  process.exit(2);
}
const all = (await readdir(folder)).filter((name) => existsSync(join(folder, name, 'questions.json'))).sort();
const cases = values.case.length > 0 ? values.case : all;
let differing = 0;
for (const name of cases) differing += await compareCase(folder, name);
say(differing === 0 ? 'Every answer is the same.' : `${differing} answers differ.`);
process.exit(differing === 0 ? 0 : 1);
