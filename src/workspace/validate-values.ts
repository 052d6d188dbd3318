/** One fault, as Slack tells it: what is wrong and where (a JSON pointer). */
export interface Fault {
  readonly pointer: string;
  readonly message: string;
}

/** Collects faults while a payload is walked. */
export interface Report {
  readonly faults: Fault[];
  readonly add: (pointer: string, message: string) => void;
}

export function createReport(): Report {
  const faults: Fault[] = [];
  return { faults, add: (pointer, message) => void faults.push({ pointer, message }) };
}

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A string between `min` and `max` characters; missing is allowed where not `required`. */
export function checkText(report: Report, value: unknown, pointer: string, max: number, required = true): void {
  if (value === undefined && !required) return;
  if (typeof value !== 'string') {
    report.add(pointer, value === undefined ? 'missing required field' : 'must be a string');
    return;
  }
  if (value.length === 0 && required) report.add(pointer, 'must be more than 0 characters');
  if (value.length > max) report.add(pointer, `must be less than ${max + 1} characters`);
}

/** A text object; `plain` where Slack takes no mrkdwn. */
export function checkTextObject(
  report: Report,
  value: unknown,
  pointer: string,
  max: number,
  options: { readonly plain?: boolean; readonly required?: boolean } = {},
): void {
  if (value === undefined && options.required === false) return;
  if (!isFields(value)) {
    report.add(pointer, 'missing required field: a text object');
    return;
  }
  if (value.type !== 'plain_text' && (options.plain || value.type !== 'mrkdwn'))
    report.add(`${pointer}/type`, `unsupported text type ${String(value.type)}`);
  if (value.type === 'plain_text' && 'verbatim' in value) report.add(`${pointer}/verbatim`, 'additional property');
  if (value.type === 'mrkdwn' && 'emoji' in value) report.add(`${pointer}/emoji`, 'additional property');
  checkText(report, value.text, `${pointer}/text`, max);
}

/** A list with at least `min` and at most `max` items. */
export function checkList(
  report: Report,
  value: unknown,
  pointer: string,
  min: number,
  max: number,
): readonly unknown[] {
  if (!Array.isArray(value)) {
    report.add(pointer, 'must be an array');
    return [];
  }
  if (value.length < min) report.add(pointer, `no fewer than ${min} items allowed`);
  if (value.length > max) report.add(pointer, `no more than ${max} items allowed`);
  return value;
}

export function checkKeys(report: Report, value: Fields, pointer: string, allowed: readonly string[]): void {
  for (const key of Object.keys(value))
    if (!allowed.includes(key)) report.add(`${pointer}/${key}`, 'additional property');
}
