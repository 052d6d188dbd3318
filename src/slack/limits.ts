/**
 * Slack's limits, all in one table. Counts and characters as Slack documents them (docs.slack.dev/reference/block-kit,
 * @slack/types 3.2.0); `budget` is what we keep ourselves to, because Slack's sum over a message is undocumented: posts
 * fail with `msg_blocks_too_long` from about 11,000 characters (bolt-js issues 2509 and 2867).
 */
export const LIMITS = {
  message: { blocks: 50, text: 4_000, textTruncatedAt: 40_000, tables: 1, charts: 2, attachments: 20 },
  view: { blocks: 100, title: 24, submit: 24, close: 24, privateMetadata: 3_000, callbackId: 255 },
  section: { text: 3_000, fields: 10, field: 2_000 },
  header: { text: 150 },
  context: { elements: 10, text: 2_000 },
  actions: { elements: 25 },
  contextActions: { elements: 5 },
  markdown: { text: 12_000 },
  table: { rows: 100, columns: 20, characters: 10_000 },
  dataTable: { minRows: 2, rows: 101, columns: 20, characters: 10_000, pageSize: 100 },
  chart: { title: 50, segments: 6, series: 6, categories: 20, label: 20, axisLabel: 50 },
  image: { altText: 2_000, title: 2_000, url: 3_000 },
  button: { text: 75, value: 2_000, url: 3_000, accessibilityLabel: 75 },
  option: { text: 75, value: 150, description: 75 },
  select: { options: 100, placeholder: 150 },
  choices: { options: 10 },
  input: { label: 2_000, hint: 2_000, placeholder: 150, maxLength: 3_000 },
  confirm: { title: 100, text: 300, confirm: 30, deny: 30 },
  id: 255,
  responseUrl: { uses: 5, milliseconds: 30 * 60_000 },
  ackMs: 3_000,
  triggerMs: 3_000,
  viewStack: 3,
} as const;

/** What we allow ourselves in one message: well below the point where Slack begins to refuse. */
export const BUDGET = { characters: 9_000, blocks: 40, tableRows: 20, timeRows: 31, caveats: 5 } as const;
