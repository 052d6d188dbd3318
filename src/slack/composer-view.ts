import type { InputBlock, ModalView, PlainTextOption } from '@slack/types';
import { quoteValue } from '../query/question-words.js';
import { LIMITS } from './limits.js';
import { context, type OurBlock, plainText, section } from './message.js';
import { code, plain } from './mrkdwn.js';

/** What a person has chosen in the composer. */
export interface Choices {
  readonly teams: readonly string[];
  readonly since: string;
  readonly by: readonly string[];
  readonly compare: string;
  readonly top: string;
  readonly more: string;
}

export const FIRST_CHOICES: Choices = { teams: [], since: '24h', by: ['service'], compare: '', top: '10', more: '' };

const WINDOWS: readonly (readonly [string, string])[] = [
  ['1h', 'The last hour'],
  ['24h', 'The last 24 hours'],
  ['7d', 'The last 7 days'],
  ['4w', 'The last 4 weeks'],
  ['today', 'Today'],
  ['yesterday', 'Yesterday'],
  ['week', 'This week'],
  ['month', 'This month'],
  ['lastmonth', 'Last month'],
];
const GROUPS: readonly (readonly [string, string])[] = [
  ['team', 'Team'],
  ['service', 'Service'],
  ['provider', 'Provider'],
  ['remote', 'Destination'],
  ['client', 'Client'],
  ['workload', 'Workload'],
  ['nat', 'NAT gateway'],
  ['az', 'Zone'],
  ['region', 'Region'],
  ['port', 'Port'],
  ['direction', 'Direction'],
  ['env', 'Environment'],
  ['account', 'Account'],
  ['vpc', 'VPC'],
  ['hour', 'Hour'],
  ['day', 'Day'],
];
const COMPARISONS: readonly (readonly [string, string])[] = [
  ['previous', 'The period before'],
  ['lastweek', 'The same time last week'],
];

/** The question that the choices make. */
export function choicesText(choices: Choices): string {
  const team = choices.teams.map((value) => quoteValue({ value, negated: false })).join(',');
  return [
    team === '' ? '' : `team=${team}`,
    choices.since === '' ? '' : `since=${choices.since}`,
    choices.by.length === 0 ? '' : `by=${choices.by.join(',')}`,
    choices.compare === '' ? '' : `compare=${choices.compare}`,
    choices.top === '' || choices.top === '10' ? '' : `top=${choices.top}`,
    choices.more.trim(),
  ]
    .filter((word) => word !== '')
    .join(' ');
}

/** The window that composes a question. `problem` is what is wrong with the choices, in one line. */
export function composerView(options: {
  readonly teams: readonly string[];
  readonly choices: Choices;
  readonly problem?: string;
  readonly metadata: string;
}): ModalView {
  const { teams, choices, problem } = options;
  const preview: OurBlock =
    problem === undefined ? context(`✓ ${code(`/netcost ${choicesText(choices)}`)}`) : context(`⚠ ${plain(problem)}`);
  const blocks = [
    teamInput(teams, choices.teams),
    select('since', 'Window (UTC)', WINDOWS, choices.since),
    groupInput(choices.by),
    optional(select('compare', 'Compare with', COMPARISONS, choices.compare)),
    textInput('top', 'Rows', choices.top, '10'),
    textInput('more', 'More words', choices.more, 'service=S3 direction=down'),
    preview,
  ];
  return {
    type: 'modal',
    callback_id: 'compose',
    title: plainText('Ask netcost', LIMITS.view.title),
    submit: plainText('Ask', LIMITS.view.submit),
    close: plainText('Cancel', LIMITS.view.close),
    private_metadata: options.metadata,
    blocks: blocks as ModalView['blocks'],
  };
}

/** What stands in the composer before it is known who asks. */
export function waitingView(): ModalView {
  return {
    type: 'modal',
    callback_id: 'compose_waiting',
    title: plainText('Ask netcost', LIMITS.view.title),
    close: plainText('Cancel', LIMITS.view.close),
    blocks: [section('One moment …')] as ModalView['blocks'],
  };
}

/** Slack's state of the inputs → choices. */
export function readChoices(values: Readonly<Record<string, Readonly<Record<string, InputState>>>>): Choices {
  const state = (block: string) => values[block]?.[`compose:${block}`];
  const typed = (state('team')?.value ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return {
    teams: (state('team')?.selected_options ?? [])
      .map((option) => option.text?.text ?? option.value ?? '')
      .concat(typed),
    since: state('since')?.selected_option?.value ?? '',
    by: (state('by')?.selected_options ?? []).flatMap((option) => option.value ?? []),
    compare: state('compare')?.selected_option?.value ?? '',
    top: (state('top')?.value ?? '').trim(),
    more: state('more')?.value ?? '',
  };
}

/** The part of an input's state that we read. */
export interface InputState {
  readonly value?: string | null | undefined;
  readonly selected_option?: { readonly value?: string | undefined } | null | undefined;
  readonly selected_options?:
    | readonly { readonly value?: string | undefined; readonly text?: { readonly text: string } }[]
    | null
    | undefined;
}

/** Names of up to 100 teams to pick from; above that, or where none are known, typed. */
function teamInput(teams: readonly string[], chosen: readonly string[]): InputBlock {
  const names = teams.filter((name) => name.length <= LIMITS.option.text);
  if (names.length === 0 || names.length > LIMITS.select.options)
    return textInput('team', 'Team', chosen.join(', '), 'payments, search');
  // The value is an index: names may be longer than a value may be.
  const options = names.map((name, index) => option(`t${index}`, name));
  const initial = options.filter((each) => chosen.includes(each.text.text));
  return {
    type: 'input',
    block_id: 'team',
    dispatch_action: true,
    optional: true,
    label: plainText('Team', 100),
    element: {
      type: 'multi_static_select',
      action_id: 'compose:team',
      placeholder: plainText('All teams', 100),
      options,
      ...(initial.length > 0 ? { initial_options: initial } : {}),
    },
  };
}

function groupInput(chosen: readonly string[]): InputBlock {
  const options = GROUPS.map(([value, label]) => option(value, label));
  const initial = options.filter((each) => chosen.includes(each.value ?? ''));
  return {
    type: 'input',
    block_id: 'by',
    dispatch_action: true,
    optional: true,
    label: plainText('Group by (one or two)', 100),
    element: {
      type: 'multi_static_select',
      action_id: 'compose:by',
      placeholder: plainText('Nothing: the total alone', 100),
      options,
      max_selected_items: 2,
      ...(initial.length > 0 ? { initial_options: initial } : {}),
    },
  };
}

function select(
  id: string,
  label: string,
  choices: readonly (readonly [string, string])[],
  chosen: string,
): InputBlock {
  const options = choices.map(([value, text]) => option(value, text));
  const initial = options.find((each) => each.value === chosen);
  return {
    type: 'input',
    block_id: id,
    dispatch_action: true,
    label: plainText(label, 100),
    element: {
      type: 'static_select',
      action_id: `compose:${id}`,
      placeholder: plainText('Choose', 100),
      options,
      ...(initial === undefined ? {} : { initial_option: initial }),
    },
  };
}

function textInput(id: string, label: string, value: string, example: string): InputBlock {
  return {
    type: 'input',
    block_id: id,
    dispatch_action: true,
    optional: true,
    label: plainText(label, 100),
    element: {
      type: 'plain_text_input',
      action_id: `compose:${id}`,
      placeholder: plainText(example, 100),
      max_length: 500,
      ...(value === '' ? {} : { initial_value: value }),
      dispatch_action_config: { trigger_actions_on: ['on_character_entered'] },
    },
  };
}

function optional(block: InputBlock): InputBlock {
  return { ...block, optional: true };
}

function option(value: string, label: string): PlainTextOption {
  return { value, text: plainText(label, LIMITS.option.text) };
}
