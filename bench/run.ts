import { parseArgs } from 'node:util';
import { benchAthena, printAthena } from './athena.js';
import { benchDetection } from './detection.js';
import { benchEngine, ENGINE_PARTS, type EnginePart } from './engine.js';
import { benchSlackAnswers } from './slack-answers.js';

const USAGE = `npm run bench [-- NAME… [options]]

  engine         ingest, questions, memory and event loop against the targets of docs/speed.md
  detection      recall and false alarms of anomaly detection
  slack-answers  from slash command to answer
  athena         bytes that Trino reads for an answer: of rows, and of sums by the hour

Options of engine:
  --rows 10000000,50000000   sizes of the logs, made once and kept in a folder of the system's temporary one
  --repeats 3                whole runs; the figures are medians
  --only PART                ${ENGINE_PARTS.join(', ')}; several times for several
  --seed 1                   other logs
  --no-fail                  end with 0 where a target is missed
`;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

function refuse(why: string): never {
  process.stderr.write(`${why}\n\n${USAGE}`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        rows: { type: 'string', default: '10000000,50000000' },
        repeats: { type: 'string', default: '3' },
        only: { type: 'string', multiple: true, default: [] },
        seed: { type: 'string', default: '1' },
        'no-fail': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  return refuse(`--${name} ${text} is no number of 1 or more.`);
}

const { values, positionals } = readArguments();
if (values.help) {
  print(USAGE);
  process.exit(0);
}

/** Every benchmark by name, with how much of it a run does; true where a target was missed. Without names all run. */
const BENCHMARKS: Readonly<Record<string, () => Promise<boolean>>> = {
  detection: async () => printResult('detection', benchDetection(10)),
  'slack-answers': async () => printResult('slack-answers', await benchSlackAnswers(15)),
  engine: runEngine,
  athena: async () => printAthena(await benchAthena(print), print) && !values['no-fail'],
};

async function runEngine(): Promise<boolean> {
  const only = values.only.map((part) => ENGINE_PARTS.find((known) => known === part) ?? refuse(`No part ${part}.`));
  const results = await benchEngine({
    rows: values.rows.split(',').map((rows) => wholeNumber('rows', rows)),
    repeats: wholeNumber('repeats', values.repeats),
    only: only satisfies readonly EnginePart[],
    seed: wholeNumber('seed', values.seed),
    say: print,
  });
  const isWrong = results.some(({ wrong }) => wrong.length > 0);
  return isWrong || (!values['no-fail'] && results.some(({ missed }) => missed.length > 0));
}

function printResult(benchmark: string, result: object): boolean {
  print(JSON.stringify({ benchmark, ...result }));
  return false;
}

const unknown = positionals.find((name) => BENCHMARKS[name] === undefined);
if (unknown !== undefined) refuse(`There is no benchmark ${unknown}.`);
let hasMissed = false;
for (const name of positionals.length > 0 ? positionals : Object.keys(BENCHMARKS)) {
  hasMissed = (await BENCHMARKS[name]!()) || hasMissed;
}
process.exit(hasMissed ? 1 : 0);
