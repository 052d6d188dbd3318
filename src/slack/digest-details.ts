import type { Digest } from '../answers/digest.js';
import { formatBytes } from '../units.js';
import { showShare, showUsd } from './answer-words.js';
import { barBlock } from './chart-blocks.js';
import { destinationLine, digestTitle } from './digest-blocks.js';
import { shortDay } from './digest-words.js';
import { fitMessage, type Message, section } from './message.js';
import { bold, escapeText } from './mrkdwn.js';
import { gridBlock } from './table-blocks.js';

const DAYS = 14;
const DESTINATIONS = 15;

/**
 * What stands in the thread of a digest: two weeks as a chart and as a table (so that nothing is lost where Slack takes
 * no charts), and all destinations. Undefined where the digest says everything itself.
 */
export function digestDetails(digest: Digest): Message | undefined {
  const { days, destinations, total } = digest;
  if (digest.isQuiet || digest.coverage.hoursWithData === 0 || total.bytes === 0n) return undefined;
  const shown = days.slice(-DAYS);
  const chart = barBlock(
    'GiB per day',
    shown.map(({ dayMs, bytes }) => ({
      label: shortDay(dayMs).slice(4),
      value: Number((Number(bytes) / 1024 ** 3).toPrecision(4)),
    })),
    { x: 'day (UTC)', y: 'GiB', series: 'through NAT' },
  );
  const grid = {
    columns: [
      { title: 'Day (UTC)', align: 'left' as const },
      { title: 'Data', align: 'right' as const },
      { title: 'USD', align: 'right' as const },
      { title: 'Hours', align: 'right' as const },
    ],
    rows: [...shown]
      .reverse()
      .map((day) => [shortDay(day.dayMs), formatBytes(day.bytes), showUsd(day.usd), `${day.hoursKnown}`]),
  };
  const listed = destinations.slice(0, DESTINATIONS);
  const more = destinations.length - listed.length;
  const lines = listed.map((each) => `• ${destinationLine(digest, each)} ${showShare(each.bytes, total.bytes)}`);
  return fitMessage({
    text: escapeText(`${digestTitle(digest)}: all destinations, and the last ${shown.length} days.`),
    blocks: [
      section([bold('All destinations'), ...lines, ...(more > 0 ? [`• ${more} more`] : [])].join('\n')),
      ...(chart === undefined ? [] : [chart]),
      ...(shown.length < 2 ? [] : [gridBlock(grid)]),
    ],
  });
}
