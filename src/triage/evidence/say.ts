import { Decimal } from 'decimal.js';
import { NetcostError } from '../../errors.js';
import { formatBytes, formatUsd, isoTime } from '../../units.js';
import type { Evidence, EvidenceSource, EvidenceStatus, EvidenceValue } from './evidence.js';

type Values = Readonly<Record<string, EvidenceValue>>;

/** How a placeholder is shown. Without a format the value stands as it is, trimmed of what could break a line. */
const FORMATS: Readonly<Record<string, (value: EvidenceValue) => string>> = {
  bytes: (value) => formatBytes(Number(value)),
  usd: (value) => formatUsd(String(value)),
  /** A price keeps its digits: three tenths of a cent matter per GB. */
  rate: (value) => `$${String(value)}`,
  percent: (value) => `${Math.round(Number(value) * 100)} %`,
  count: (value) => Math.round(Number(value)).toString(),
  hours: (value) => hoursText(Number(value)),
  time: (value) => `${String(value).slice(0, 16).replace('T', ' ')} UTC`,
  times: (value) => `${round(Number(value))}×`,
  list: (value) => listText(value),
};

function round(value: number): string {
  return value >= 10 ? Math.round(value).toString() : new Decimal(value.toPrecision(2)).toString();
}

function hoursText(hours: number): string {
  if (hours >= 48) return `${(hours / 24).toFixed(1)} days`;
  return hours >= 2 ? `${hours.toFixed(1)} hours` : `${Math.round(hours * 60)} minutes`;
}

/** At most this many names in a sentence: the rest is in the values. */
const MAX_NAMES = 4;

function listText(value: EvidenceValue): string {
  const all = (Array.isArray(value) ? value : [value]).map(plain);
  return all.length > MAX_NAMES ? `${all.slice(0, MAX_NAMES).join(', ')} and more` : all.join(', ');
}

/** Names come from AWS, that is from anybody: one line, no control characters, bounded. */
function plain(value: EvidenceValue): string {
  const text = String(value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').slice(0, 120);
}

/**
 * Renders a template from values: `{key}`, `{key:bytes}`, `{key:usd}`, … A template may hold no digit outside its
 * placeholders (names such as S3 or IPv6 apart), so no sentence can carry a figure that is not in its values.
 * @throws NetcostError 'internal' where the template breaks that rule or asks for a value that is not there.
 */
export function render(template: string, values: Values): string {
  const bare = template.replace(/\{[^{}]*\}/g, '').replace(/\b(?:S3|EC2|IPv4|IPv6|NAT64|v2)\b/g, '');
  if (/\d/.test(bare)) throw new NetcostError('internal', `A sentence carries a figure of its own: ${template}`);
  return template.replace(/\{(\w+)(?::(\w+))?\}/g, (_, key: string, format: string | undefined) => {
    const value = values[key];
    if (value === undefined)
      throw new NetcostError('internal', `A sentence asks for ${key}, which is not in its values`);
    if (format === undefined) return plain(value);
    const show = FORMATS[format];
    if (!show) throw new NetcostError('internal', `A sentence asks for the format ${format}, which does not exist`);
    return show(value);
  });
}

/** A fact with its sentence. Times among the values are ISO text. */
export function evidence(
  source: EvidenceSource,
  status: EvidenceStatus,
  asked: string,
  template: string,
  values: Values = {},
): Evidence {
  return { source, status, asked, says: render(template, values), values };
}

/** ISO text for values. */
export function at(ms: number): string {
  return isoTime(ms);
}
