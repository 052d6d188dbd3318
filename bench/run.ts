import { benchDetection } from './detection.js';
import { benchSlackAnswers } from './slack-answers.js';

/** Every benchmark by name, with how much of it a run does. `npm run bench -- NAME…` runs some; without names all. */
const BENCHMARKS: Readonly<Record<string, () => Promise<object>>> = {
  detection: async () => benchDetection(10),
  'slack-answers': () => benchSlackAnswers(15),
};

for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(BENCHMARKS)) {
  const run = BENCHMARKS[name];
  if (run === undefined) {
    process.stderr.write(`There is no benchmark ${name}; there are ${Object.keys(BENCHMARKS).join(', ')}.\n`);
    process.exit(2);
  }
  process.stdout.write(`${JSON.stringify({ benchmark: name, ...(await run()) })}\n`);
}
process.exit(0);
