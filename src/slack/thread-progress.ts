import { type EvidenceSource, SOURCE_WORDS } from '../triage/evidence/evidence.js';
import type { Progress, ProgressLine } from './incident-view.js';
import { context, fitMessage, type Message, section } from './message.js';
import { cut, escapeText, plain } from './mrkdwn.js';

const SIGNS: Readonly<Record<ProgressLine['state'], string>> = { asking: '…', read: '✓', failed: '✗', absent: '–' };
const STATES: Readonly<Record<ProgressLine['state'], string>> = {
  asking: 'asking',
  read: 'read',
  failed: 'failed',
  absent: 'not there',
};

/** What was asked and what has answered: one message, edited as evidence arrives. */
export function progressLinesMessage(progress: Progress): Message {
  const { lines, endedMs, startedMs, why, failure } = progress;
  const answered = lines.filter((line) => line.state !== 'asking').length;
  const missing = lines.filter((line) => line.state === 'failed' || line.state === 'absent');
  const title =
    failure !== undefined
      ? 'There is no diagnosis yet'
      : endedMs === null
        ? `${why === null ? 'Looking into it' : `Looking into it again (${why})`}: ${answered} of ${lines.length} sources have answered`
        : `Asked ${lines.length} sources in ${Math.max(1, Math.round((endedMs - startedMs) / 1000))} s${missing.length === 0 ? '' : `; ${missing.length} could not be read`}`;
  const shown = lines.map((line) => `${SIGNS[line.state]} ${plain(wordOf(line.source))}: ${stateOf(line)}`);
  return fitMessage({
    text: escapeText(title),
    blocks: [
      section(`*${plain(title)}*${failure === undefined ? '' : `\n${plain(failure)}`}`),
      ...(shown.length === 0 ? [] : [context(shown.join('\n'))]),
    ],
  });
}

function stateOf({ state, why }: ProgressLine): string {
  return why === undefined || state === 'read' || state === 'asking'
    ? STATES[state]
    : `${STATES[state]}, ${plain(cut(why, 160))}`;
}

function wordOf(source: string): string {
  return source in SOURCE_WORDS ? SOURCE_WORDS[source as EvidenceSource] : source;
}
