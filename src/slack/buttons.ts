import type { Button, ConfirmationDialog } from '@slack/types';
import { LIMITS } from './limits.js';
import { plainText } from './message.js';

/**
 * What a button of ours carries: the question, and the moment it was asked, so that `since=24h` stays the same window.
 * Without a moment it asks about now: a button of the App Home.
 */
export interface Asked {
  readonly text: string;
  readonly nowMs?: number;
}

/** The ids of our buttons. `ask:NAME` is a next question; the part after the colon keeps ids in one message distinct. */
export const ACTIONS = {
  ask: /^ask:/,
  share: 'share',
  shareAnyway: 'share_anyway',
  shareElsewhere: 'share_elsewhere',
  dismiss: 'dismiss',
  csv: 'csv',
  statement: 'statement',
  cancel: 'cancel',
  scan: 'scan',
  compose: 'compose',
  composeChange: /^compose:/,
  homeSettings: 'home_settings',
  homeRefresh: 'home_refresh',
} as const;

/** A button; undefined where its value is longer than Slack takes, for a cut value would ask something else. */
export function button(
  id: string,
  label: string,
  value: string,
  options: {
    readonly style?: 'primary' | 'danger';
    readonly confirm?: ConfirmationDialog;
    readonly describe?: string;
  } = {},
): Button | undefined {
  if (value.length > LIMITS.button.value) return undefined;
  return {
    type: 'button',
    action_id: id,
    text: plainText(label, LIMITS.button.text),
    value,
    ...(options.style ? { style: options.style } : {}),
    ...(options.confirm ? { confirm: options.confirm } : {}),
    ...(options.describe ? { accessibility_label: options.describe.slice(0, LIMITS.button.accessibilityLabel) } : {}),
  };
}

export function writeAsked(asked: Asked): string {
  return JSON.stringify({ q: asked.text, t: asked.nowMs ?? null });
}

/** What a pressed button carried; undefined where it is none of ours (an old message, a forged value). */
export function readAsked(value: string | undefined): Asked | undefined {
  try {
    const parsed: unknown = JSON.parse(value ?? '');
    if (typeof parsed !== 'object' || parsed === null || !('q' in parsed) || !('t' in parsed)) return undefined;
    const { q, t } = parsed;
    if (typeof q !== 'string') return undefined;
    if (t === null) return { text: q };
    return typeof t === 'number' && Number.isSafeInteger(t) ? { text: q, nowMs: t } : undefined;
  } catch {
    return undefined;
  }
}

export function isButton(value: Button | undefined): value is Button {
  return value !== undefined;
}
