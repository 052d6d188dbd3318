import type { InputBlock, ModalView } from '@slack/types';
import { zoneName } from '../answers/local-time.js';
import type { PersonalSettings } from '../state/personal-settings.js';
import type { InputState } from './composer-view.js';
import { LIMITS } from './limits.js';
import { context, plainText } from './message.js';
import { code } from './mrkdwn.js';

export const SETTINGS_VIEW = 'home_settings';

/** The window with a person's settings: their teams out of `visible`, and their time zone. Pure. */
export function settingsView(visible: readonly string[], settings: PersonalSettings): ModalView {
  return {
    type: 'modal',
    callback_id: SETTINGS_VIEW,
    title: plainText('My settings', LIMITS.view.title),
    submit: plainText('Save', LIMITS.view.submit),
    close: plainText('Cancel', LIMITS.view.close),
    blocks: [
      teamsInput(visible, settings.teams),
      {
        type: 'input',
        block_id: 'zone',
        optional: true,
        label: plainText('Time zone', 100),
        hint: plainText('For times on this page, and for digests at a time of yours. Empty is UTC.', 200),
        element: {
          type: 'plain_text_input',
          action_id: 'pick:zone',
          placeholder: plainText('Europe/Berlin', LIMITS.input.placeholder),
          max_length: 60,
          ...(settings.zone === undefined ? {} : { initial_value: settings.zone }),
        },
      },
      context(`Zones are named as in ${code('America/New_York')}, ${code('Asia/Tokyo')}, ${code('UTC')}.`),
    ] as ModalView['blocks'],
  };
}

type Values = Readonly<Record<string, Readonly<Record<string, InputState>>>>;

/** What was chosen, or what is wrong with it, by the block it stands in. */
export function readSettingsState(
  values: Values,
  visible: readonly string[],
): { readonly settings: PersonalSettings } | { readonly errors: Readonly<Record<string, string>> } {
  const picked = values.teams?.['pick:teams'];
  const typed = (picked?.value ?? '').split(',').map((name) => name.trim());
  const names = [...(picked?.selected_options ?? []).map((one) => one.text?.text ?? ''), ...typed].filter(
    (name) => name !== '',
  );
  const teams = names.map((name) => visible.find((each) => each.toLowerCase() === name.toLowerCase()));
  const unknown = names.find((_, index) => teams[index] === undefined);
  const text = (values.zone?.['pick:zone']?.value ?? '').trim();
  const zone = text === '' ? undefined : zoneName(text);
  const errors = {
    ...(unknown === undefined ? {} : { teams: `There is no team "${unknown.slice(0, 60)}" that you may see.` }),
    ...(text !== '' && zone === undefined
      ? { zone: `"${text.slice(0, 60)}" is no time zone. Write it as Europe/Berlin, America/New_York or UTC.` }
      : {}),
  };
  if (Object.keys(errors).length > 0) return { errors };
  return { settings: { teams: [...new Set(teams.filter((team) => team !== undefined))], zone } };
}

/** Up to 100 teams to pick from; more, or none, are typed. */
function teamsInput(visible: readonly string[], chosen: readonly string[]): InputBlock {
  const about = { type: 'input' as const, block_id: 'teams', optional: true, label: plainText('My teams', 100) };
  const fits = visible.length > 0 && visible.length <= LIMITS.select.options;
  if (!fits || visible.some((name) => name.length > LIMITS.option.text)) {
    const initial = chosen.join(', ');
    return {
      ...about,
      element: {
        type: 'plain_text_input',
        action_id: 'pick:teams',
        placeholder: plainText('payments, search', LIMITS.input.placeholder),
        max_length: 2_000,
        ...(initial === '' ? {} : { initial_value: initial }),
      },
    };
  }
  // The value is an index: names may be longer than a value may be.
  const options = visible.map((name, index) => ({ value: `t${index}`, text: plainText(name, LIMITS.option.text) }));
  const initial = options.filter(({ text }) => chosen.includes(text.text));
  return {
    ...about,
    element: {
      type: 'multi_static_select',
      action_id: 'pick:teams',
      placeholder: plainText('None chosen', LIMITS.select.placeholder),
      options,
      ...(initial.length > 0 ? { initial_options: initial } : {}),
    },
  };
}
