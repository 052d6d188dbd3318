import { expect, it } from 'vitest';
import { DEFAULT_FORMAT, FIELDS, RECOMMENDED_FORMAT } from '../../src/flows/fields.js';

/** docs/flow-log-fields.md is made here and nowhere else: `npx vitest run test/flows/fields-page.test.ts -u`. */
it('has a reference page that tells the field table as it is', async () => {
  await expect(page()).toMatchFileSnapshot('../../docs/flow-log-fields.md');
});

it('recommends fields that are in the table, each once, after those of the default format', () => {
  const names = recommended();
  expect(new Set(names).size).toBe(names.length);
  expect(names.slice(0, DEFAULT_FORMAT.length)).toEqual(DEFAULT_FORMAT);
  expect(names.filter((name) => !FIELDS.some((field) => field.name === name))).toEqual([]);
});

function recommended(): string[] {
  return RECOMMENDED_FORMAT.split(' ').map((word) => word.slice(2, -1));
}

function page(): string {
  const wanted = new Set(recommended());
  const rows = FIELDS.map(({ version, name, type, meaning }) => {
    const about = meaning.replaceAll('|', '\\|');
    return `| ${version} | \`${name}\` | ${type} | ${wanted.has(name) ? 'yes' : ''} | ${about} |`;
  });
  return `# Fields of a flow log

Made from \`src/flows/fields.ts\` by \`npx vitest run test/flows/fields-page.test.ts -u\`; do not edit.

netcost reads flow logs with any of these fields, in any order, by their names. In Parquet and in Athena a name is
written with underscores (\`pkt_srcaddr\`), in text objects every value is text. A column that is not in this table is
read over.

## The log format to choose

For a new flow log of NAT gateways; a flow log's format cannot be changed later, but netcost counts a gateway's bytes
once where an old and a new flow log overlap.

\`\`\`text
${RECOMMENDED_FORMAT}
\`\`\`

\`\`\`sh
aws ec2 create-flow-logs --resource-type NetworkInterface --resource-ids eni-OF-THE-GATEWAY \\
  --traffic-type ALL --max-aggregation-interval 60 \\
  --log-destination-type s3 --log-destination arn:aws:s3:::BUCKET \\
  --log-format '${RECOMMENDED_FORMAT}'
\`\`\`

Without \`pkt-srcaddr\` and \`pkt-dstaddr\` (AWS's default format, version 2) the total is still exact, but the far end of a
flow is not known: questions by service or remote answer "unknown", and say so.

## All fields

\`version\` is the flow-log version that brought the field; 6 is the format of Transit Gateway flow logs.

| version | name | type | recommended | what it holds |
|---|---|---|---|---|
${rows.join('\n')}
`;
}
