import type { View } from '@slack/types';
import { HOUR_MS } from '../units.js';
import { plainText } from './message.js';

/** How long an incident may be snoozed. None is for ever: what nobody looks at again is forgotten. */
const SNOOZES: readonly { readonly id: string; readonly label: string; readonly ms: number }[] = [
  { id: '4h', label: '4 hours', ms: 4 * HOUR_MS },
  { id: '24h', label: '1 day', ms: 24 * HOUR_MS },
  { id: '72h', label: '3 days', ms: 72 * HOUR_MS },
  { id: '168h', label: '1 week', ms: 168 * HOUR_MS },
];
export const SNOOZE_VIEW = 'incident_snooze';

/** Asks for how long. The incident's id travels in the window. */
export function snoozeView(incidentId: string): View {
  const options = SNOOZES.map(({ id, label }) => ({ text: plainText(label, 75), value: id }));
  return {
    type: 'modal',
    callback_id: SNOOZE_VIEW,
    private_metadata: incidentId,
    title: plainText('Snooze', 24),
    submit: plainText('Snooze', 24),
    close: plainText('Cancel', 24),
    blocks: [
      {
        type: 'input',
        block_id: 'snooze',
        label: plainText('Until then nobody is reminded. If it is still open, netcost says so and looks again.', 2_000),
        element: {
          type: 'static_select',
          action_id: 'pick:snooze',
          options,
          initial_option: options[1]!,
        },
      },
    ],
  };
}

/** The milliseconds of a choice; a day for what is none of ours. */
export function snoozeMs(id: string | undefined): number {
  return (SNOOZES.find((each) => each.id === id) ?? SNOOZES[1]!).ms;
}
