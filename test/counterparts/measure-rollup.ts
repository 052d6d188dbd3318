import { askAthena } from '../../src/answers/ask-athena.js';
import { rollUpHours } from '../../src/answers/athena-rollup.js';
import { openEngine } from '../../src/answers/open-engine.js';
import { HOUR_MS } from '../../src/units.js';
import { athenaOnTrino, documentOf, withRollup } from '../fixtures/athena-on-trino.js';
import { firstDifference } from '../fixtures/first-difference.js';
import { makeTrinoTables } from '../fixtures/trino-tables.js';

/**
 * For `npm run bench -- athena`: asks Trino the same questions over the rows and over sums by the hour of a folder of
 * flow logs, and prints as JSON what each has read. Arguments: flow logs, owners.yaml, the window as since= takes it, its
 * end (UTC ms), and the questions' other words.
 */
const [flowLogs = '', owners = '', window = '', endMs = '', ...questions] = process.argv.slice(2);
const nowMs = Number(endMs) + HOUR_MS;
const engine = await openEngine({ flowLogs, owners }, { elapsedMs: () => 0 });
try {
  const rows = athenaOnTrino(engine, await makeTrinoTables(`bench_${process.pid}`, flowLogs));
  const { deps: sums } = await withRollup(rows, 'bench_sums');
  const rolled = await rollUpHours(sums, { nowMs });
  const results: object[] = [];
  for (const words of questions) {
    const input = { text: `since=${window} ${words}`, nowMs };
    const expected = documentOf(await engine.ask(input));
    const [raw, summed] = [await askAthena(rows, input), await askAthena(sums, input)];
    const difference = firstDifference(expected, documentOf(raw)) ?? firstDifference(expected, documentOf(summed));
    results.push({
      question: words,
      rowsBytes: raw.cost.bytesScanned,
      sumsBytes: summed.cost.bytesScanned,
      ...(difference === undefined ? {} : { difference }),
    });
  }
  process.stdout.write(`${JSON.stringify({ hours: rolled.hours, results })}\n`);
} finally {
  await engine.close();
}
process.exit(0);
