import { type AskProgress, ENGINE_NAMES } from '../answers/ask-progress.js';
import type { ConfirmReply } from '../answers/reply.js';
import { formatBytes, formatUsd } from '../units.js';
import { ACTIONS, button, isButton, writeAsked } from './buttons.js';
import { LIMITS } from './limits.js';
import { context, fitMessage, type Message, type OurBlock, section } from './message.js';
import { bold, code, cut, escapeText, oneLine, plain } from './mrkdwn.js';

/** What the button that accepts a price carries: the line, who may press it, and until when. */
export interface ScanOrder {
  readonly line: string;
  /** The question as the person knows it. */
  readonly shown: string;
  readonly askerId: string;
  readonly untilMs: number;
}

export function writeScanOrder({ line, shown, askerId, untilMs }: ScanOrder): string {
  return JSON.stringify({ q: line, d: shown, u: askerId, x: untilMs });
}

/** What a pressed button carried; undefined where it is none of ours. */
export function readScanOrder(value: string | undefined): ScanOrder | undefined {
  try {
    const parsed: unknown = JSON.parse(value ?? '');
    if (typeof parsed !== 'object' || parsed === null || !('q' in parsed && 'u' in parsed && 'x' in parsed))
      return undefined;
    const { q: line, u: askerId, x: untilMs } = parsed;
    const shown = 'd' in parsed && typeof parsed.d === 'string' ? parsed.d : '';
    return typeof line === 'string' && typeof askerId === 'string' && Number.isSafeInteger(untilMs)
      ? { line, shown, askerId, untilMs: untilMs as number }
      : undefined;
  } catch {
    return undefined;
  }
}

/** What a question would cost, and the button that accepts it. Only who asked can press it. */
export function confirmScanMessage(reply: ConfirmReply, askerId: string): Message {
  const { title, question, says, label, line, untilMs, notes } = reply;
  const accept = button(ACTIONS.scan, label, writeScanOrder({ line, shown: question, askerId, untilMs }), {
    style: 'primary',
  });
  // A question that is too long for a button can still be typed.
  const typed = accept === undefined ? [section(typedOrder(line))] : [];
  return fitMessage({
    text: escapeText(`${title}: ${cut(oneLine(question), 500) || 'the total'}`),
    blocks: [
      section(`${bold(title)}\n${shownQuestion(question)}`),
      context(says.map(plain).join('\n')),
      ...typed,
      ...actions(accept),
      context(notes.map(plain).join('\n')),
    ],
  });
}

function typedOrder(line: string): string {
  // What is cut would be another question.
  if (line.length > LIMITS.section.text - 100)
    return 'This question is too long for a button: ask it with fewer values.';
  return `To have it scanned, type ${code(`/netcost ${line}`)}`;
}

/** In place of a price that is too old to be accepted. */
export function staleScanMessage(question: string): Message {
  const line = 'This price is more than half an hour old, and may be another by now. Nothing was scanned.';
  const again = button('ask:price', 'What does it cost now?', writeAsked({ text: question }));
  return { text: line, blocks: [section(`${line}\n${shownQuestion(question)}`), ...actions(again)] };
}

/** What a person sees while AWS works the answer out: how far it is, what that costs, and a way to stop it. */
export function scanProgressMessage(text: string, runId: string, progress: AskProgress, nowMs: number): Message {
  const { engine, state, waitedMs, bytesScanned, usd } = progress;
  const name = ENGINE_NAMES[engine];
  const cost = `${formatBytes(bytesScanned)} so far, ${aboutUsd(usd)}`;
  const so = bytesScanned === 0 ? 'Nothing read yet' : cost;
  const [head, how] = {
    queued: [`Waiting for ${name} to begin`, so],
    running: [`${name} is reading the flow logs`, so],
    reading: [`${name} has read the flow logs`, `${cost.replace(' so far', '')}; the result is coming`],
  }[state] as [string, string];
  const stop = button(ACTIONS.cancel, 'Cancel', runId, { describe: `Stop this question in ${name}` });
  const clock = Math.floor(nowMs / 1000);
  const asOf = `<!date^${clock}^{time_secs}|${new Date(nowMs).toISOString().slice(11, 19)} UTC>`;
  return {
    text: escapeText(`${head} (${how}): ${cut(oneLine(text), 500)}`),
    blocks: [
      section(`*${head}*\n${shownQuestion(text)}`),
      context(`${how} · after ${formatWait(waitedMs)}, at ${asOf}`),
      ...actions(stop),
    ],
  };
}

/** After a press of Cancel, until AWS has said what it had read. */
export function stoppingMessage(text: string, { engine }: Pick<AskProgress, 'engine'>): Message {
  const name = ENGINE_NAMES[engine];
  return {
    text: escapeText(`Stopping in ${name}: ${cut(oneLine(text), 500)}`),
    blocks: [section(`*Stopping in ${name} …*\n${shownQuestion(text)}`)],
  };
}

/** "about $0.20", "<$0.01" */
function aboutUsd(usd: string): string {
  const text = formatUsd(usd);
  return text.startsWith('<') ? text : `about ${text}`;
}

const shownQuestion = (text: string): string => code(cut(text, 500)) || 'The total';

/** "25 s", "3 min" */
function formatWait(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}

function actions(...buttons: readonly ReturnType<typeof button>[]): readonly OurBlock[] {
  const elements = buttons.filter(isButton);
  return elements.length === 0 ? [] : [{ type: 'actions', elements }];
}
