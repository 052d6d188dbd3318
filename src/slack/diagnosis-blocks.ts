import { type Story, type StoryCause, tellStory } from '../triage/story.js';
import { formatUsd } from '../units.js';
import { button, isButton } from './buttons.js';
import { INCIDENT_ACTIONS, time } from './incident-blocks.js';
import type { IncidentView, KeptDiagnosis } from './incident-view.js';
import { BUDGET, LIMITS } from './limits.js';
import { context, countCharacters, fitMessage, type Message, type OurBlock, section } from './message.js';
import { bold, cut, escapeText, plain } from './mrkdwn.js';
import { onsetChart } from './onset-chart.js';

const MAX_KNOWN = 9;
const MAX_GAPS = 10;
const LINE = 600;

/**
 * The diagnosis in the order of a person who was woken: what is known, what it may be, what to do, what is not known.
 * Edited when it is run again. Null before there is one.
 */
export function diagnosisMessage(view: IncidentView): Message | null {
  const { diagnosed, incident, mention } = view;
  if (diagnosed === null) return null;
  const story = tellStory(diagnosed.report);
  const elements = [
    button(INCIDENT_ACTIONS.runAgain, 'Run again', incident.id),
    button(INCIDENT_ACTIONS.save, 'Save the evidence', incident.id, {
      describe: 'Save the evidence to your direct messages',
    }),
  ].filter(isButton);
  const chart = onsetChart(diagnosed.chart);
  const blocks: OurBlock[] = [
    ...(mention === undefined
      ? []
      : [section(`${mention} this concerns ${bold(incident.teams.join(', ') || 'you')}.`)]),
    // In a thread of its own the headline stands above; below somebody else's message netcost's first reply has it.
    section(factsText(story)),
    ...(chart === undefined ? [] : [chart]),
    ...part('Known', knownLines(story)),
    ...part('Possible', possibleLines(story)),
    ...part('Do', doLines(story)),
    ...part(
      'Not known',
      limited(story.gaps, MAX_GAPS).map((gap) => `• ${plain(cut(gap, LINE))}`),
    ),
    context(footer(diagnosed)),
    { type: 'actions', elements },
  ];
  return fitMessage({ text: escapeText(`Diagnosis: ${story.headline}`), blocks: within(blocks) });
}

/** Long lists give way before Slack refuses the whole: each section is cut to what is left of the budget. */
function within(blocks: readonly OurBlock[]): OurBlock[] {
  const over = countCharacters(blocks) - BUDGET.characters;
  if (over <= 0) return [...blocks];
  const sections = blocks.filter((block) => block.type === 'section');
  const longest = Math.max(600, Math.floor((BUDGET.characters - 2_000) / Math.max(1, sections.length)));
  return blocks.map((block) =>
    block.type === 'section' && block.text !== undefined
      ? { ...block, text: { ...block.text, text: cut(block.text.text, longest) } }
      : block,
  );
}

function part(title: string, lines: readonly string[]): OurBlock[] {
  return lines.length === 0 ? [] : [section(cut([`*${title}*`, ...lines].join('\n'), LIMITS.section.text))];
}

function factsText(story: Story): string {
  return story.facts.map(([label, says]) => `*${upper(label)}* ${plain(says)}`).join('\n') || '–';
}

function knownLines(story: Story): string[] {
  const says = [...new Set(story.causes.flatMap((cause) => cause.says))];
  return limited(says, MAX_KNOWN).map((line) => `• ${plain(cut(line, LINE))}`);
}

/** "image-pull-loop, 92 % of the excess, …": the id in words, for people who never saw it. */
function possibleLines(story: Story): string[] {
  return story.causes.flatMap((cause, index) => [
    `${index + 1}. *${plain(causeTitle(cause))}*`,
    ...(cause.trigger === null ? [] : [`     after: ${plain(cut(cause.trigger, LINE))}`]),
  ]);
}

function causeTitle({ title }: StoryCause): string {
  const end = title.search(/[ ,]/);
  const id = end < 0 ? title : title.slice(0, end);
  return upper(`${id.replaceAll('-', ' ')}${end < 0 ? '' : title.slice(end)}`);
}

function doLines(story: Story): string[] {
  const fixes = story.causes.flatMap((cause) => cause.fixes);
  return fixes.map(
    (fix, index) =>
      `${index + 1}. ${bold(fix.title)}${fix.says === null ? '' : `: ${plain(cut(fix.says, LINE))}`}${fix.code === null ? '' : ' (the code is in the file below)'}`,
  );
}

function footer(diagnosed: KeptDiagnosis): string {
  const { calls, report, atMs, changed, trailAgainMs, isTrailDone } = diagnosed;
  const parts = [
    `Diagnosed ${time(atMs)} in ${(report.tookMs / 1000).toFixed(1)} s`,
    ...(calls === null || calls.requests === 0
      ? []
      : [
          `${calls.requests} requests to AWS, at most ${formatUsd(calls.usd)}${calls.throttled > 0 ? `, ${calls.throttled} held back by AWS` : ''}`,
        ]),
    ...(trailAgainMs !== null && !isTrailDone
      ? [`CloudTrail is asked again ${time(trailAgainMs)}, for late events`]
      : []),
    ...(isTrailDone ? ['CloudTrail was asked again for late events'] : []),
    ...(changed === null ? [] : [plain(changed)]),
  ];
  return parts.join(' · ');
}

/** What changed between two runs, in a line; null where they agree. */
export function changeBetween(before: KeptDiagnosis | null, after: KeptDiagnosis['report']): string | null {
  if (before === null) return null;
  const ids = (report: KeptDiagnosis['report']) =>
    report.causes.map((cause) => cause.id.replaceAll('-', ' ')).join(', ');
  const triggers = (report: KeptDiagnosis['report']) =>
    report.causes.map((cause) => cause.trigger?.events.join(', ') ?? '').join(';');
  if (ids(before.report) !== ids(after)) return `Before this run it read: ${ids(before.report)}`;
  if (triggers(before.report) !== triggers(after))
    return 'Since the run before, other changes of CloudTrail precede it';
  return null;
}

/** The code of all fixes as one Terraform file, with who proposes it; null where no fix has code in HCL. */
export function terraformOf(diagnosed: KeptDiagnosis): string | null {
  const pieces = diagnosed.report.causes.flatMap((cause) =>
    cause.fixes.flatMap((fix) =>
      fix.terraform === null ? [] : [`# ${fix.id}, for ${cause.id}\n${fix.terraform.trimEnd()}\n`],
    ),
  );
  const distinct = [...new Set(pieces)];
  if (distinct.length === 0) return null;
  const from = `# Proposed by netcost on ${new Date(diagnosed.atMs).toISOString().slice(0, 16)}Z; nothing was changed. Read it, plan it, apply it yourself.`;
  return `${from}\n\n${distinct.join('\n')}`;
}

function limited(lines: readonly string[], max: number): string[] {
  return lines.length <= max ? [...lines] : [...lines.slice(0, max - 1), `and ${lines.length - max + 1} more`];
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
