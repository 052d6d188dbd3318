import { LIMITS } from '../slack/limits.js';
import {
  checkKeys,
  checkList,
  checkText,
  checkTextObject,
  type Fields,
  isFields,
  type Report,
} from './validate-values.js';

/** Elements of an actions block. */
const IN_ACTIONS = [
  'button',
  'static_select',
  'multi_static_select',
  'users_select',
  'conversations_select',
  'channels_select',
  'external_select',
  'overflow',
  'datepicker',
  'checkboxes',
  'radio_buttons',
];
/** Elements of an input block. */
const IN_INPUT = [
  'plain_text_input',
  'number_input',
  'static_select',
  'multi_static_select',
  'users_select',
  'multi_users_select',
  'conversations_select',
  'multi_conversations_select',
  'channels_select',
  'external_select',
  'multi_external_select',
  'datepicker',
  'checkboxes',
  'radio_buttons',
];

/** Checks one interactive element of a block of this kind. */
export function checkElement(
  report: Report,
  element: unknown,
  pointer: string,
  where: 'actions' | 'input' | 'accessory',
): void {
  if (!isFields(element) || typeof element.type !== 'string') {
    report.add(pointer, 'must be an element with a type');
    return;
  }
  if (where === 'accessory' && element.type === 'image') {
    checkImage(report, element, pointer);
    return;
  }
  const allowed = where === 'input' ? IN_INPUT : IN_ACTIONS;
  if (!allowed.includes(element.type)) {
    report.add(`${pointer}/type`, `unsupported type: ${element.type}`);
    return;
  }
  checkText(report, element.action_id, `${pointer}/action_id`, LIMITS.id, false);
  if (element.type === 'button') {
    checkButton(report, element, pointer);
    return;
  }
  if (element.placeholder !== undefined)
    checkTextObject(report, element.placeholder, `${pointer}/placeholder`, LIMITS.select.placeholder, { plain: true });
  if (element.type === 'plain_text_input') {
    if (typeof element.max_length === 'number' && element.max_length > LIMITS.input.maxLength)
      report.add(`${pointer}/max_length`, `must be less than ${LIMITS.input.maxLength + 1}`);
    checkText(report, element.initial_value, `${pointer}/initial_value`, LIMITS.input.maxLength, false);
    return;
  }
  if (element.type.includes('static_select')) {
    checkOptions(report, element, pointer, LIMITS.select.options);
    return;
  }
  if (element.type === 'checkboxes' || element.type === 'radio_buttons') {
    checkOptions(report, element, pointer, LIMITS.choices.options);
    return;
  }
}

function checkButton(report: Report, element: Fields, pointer: string): void {
  checkKeys(report, element, pointer, [
    'type',
    'text',
    'action_id',
    'url',
    'value',
    'style',
    'confirm',
    'accessibility_label',
  ]);
  checkTextObject(report, element.text, `${pointer}/text`, LIMITS.button.text, { plain: true });
  checkText(report, element.value, `${pointer}/value`, LIMITS.button.value, false);
  checkText(report, element.url, `${pointer}/url`, LIMITS.button.url, false);
  checkText(
    report,
    element.accessibility_label,
    `${pointer}/accessibility_label`,
    LIMITS.button.accessibilityLabel,
    false,
  );
  if (element.style !== undefined && element.style !== 'primary' && element.style !== 'danger')
    report.add(`${pointer}/style`, `unsupported style: ${String(element.style)}`);
  if (element.confirm !== undefined) checkConfirm(report, element.confirm, `${pointer}/confirm`);
}

function checkConfirm(report: Report, confirm: unknown, pointer: string): void {
  if (!isFields(confirm)) {
    report.add(pointer, 'must be an object');
    return;
  }
  checkTextObject(report, confirm.title, `${pointer}/title`, LIMITS.confirm.title, { plain: true });
  checkTextObject(report, confirm.text, `${pointer}/text`, LIMITS.confirm.text);
  checkTextObject(report, confirm.confirm, `${pointer}/confirm`, LIMITS.confirm.confirm, { plain: true });
  checkTextObject(report, confirm.deny, `${pointer}/deny`, LIMITS.confirm.deny, { plain: true });
}

function checkOptions(report: Report, element: Fields, pointer: string, max: number): void {
  const options = checkList(report, element.options, `${pointer}/options`, 1, max);
  options.forEach((option, index) => {
    if (!isFields(option)) {
      report.add(`${pointer}/options/${index}`, 'must be an option');
      return;
    }
    checkTextObject(report, option.text, `${pointer}/options/${index}/text`, LIMITS.option.text, {
      plain: element.type !== 'checkboxes' && element.type !== 'radio_buttons',
    });
    checkText(report, option.value, `${pointer}/options/${index}/value`, LIMITS.option.value);
  });
  const values = options.map((option) =>
    isFields(option) ? JSON.stringify([option.value, isFields(option.text) ? option.text.text : '']) : '',
  );
  const chosen = [
    element.initial_option,
    ...(Array.isArray(element.initial_options) ? element.initial_options : []),
  ].filter(isFields);
  for (const option of chosen) {
    const key = JSON.stringify([option.value, isFields(option.text) ? option.text.text : '']);
    if (!values.includes(key)) report.add(pointer, 'initial option is not among the options');
  }
}

/** An image needs words for who cannot see it. */
export function checkImage(report: Report, image: Fields, pointer: string): void {
  checkText(report, image.alt_text, `${pointer}/alt_text`, LIMITS.image.altText);
  if (image.slack_file !== undefined) {
    if (!isFields(image.slack_file)) report.add(`${pointer}/slack_file`, 'must be an object');
    return;
  }
  checkText(report, image.image_url, `${pointer}/image_url`, LIMITS.image.url);
}
