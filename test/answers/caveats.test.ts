import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyOf, natLegs, openBucket, type SmallBucket, textOf, V2, V5 } from '../fixtures/small-bucket.js';

const flow = natLegs({ client: '10.20.1.10', remote: '198.18.0.1', up: 1000, down: 500 });

let full: SmallBucket;
let bare: SmallBucket;
beforeAll(async () => {
  full = await openBucket();
  await full.put({ [keyOf()]: textOf(V5, flow) });
  await full.ingest();
  bare = await openBucket();
  await bare.put({ [keyOf()]: textOf(V2, flow) });
  await bare.ingest();
});
afterAll(async () => {
  await full.remove();
  await bare.remove();
});

describe('an answer says which field would tell more, with the format to copy', () => {
  it('for destinations where a log has no pkt-* fields', async () => {
    const { caveats } = await bare.ask('by=remote');
    expect(caveats.join('\n')).toMatch(/no pkt-srcaddr and pkt-dstaddr.*\$\{pkt-srcaddr\}/);
  });

  it('for zones where a log has no az-id, and only where zones are asked for', async () => {
    expect((await bare.ask('by=nataz')).caveats.join('\n')).toMatch(/zone of a gateway is not known.*\$\{az-id\}/);
    expect((await bare.ask('by=client')).caveats.join('\n')).not.toMatch(/zone of a gateway/);
  });

  it('and nothing where the log tells all that is asked', async () => {
    expect((await full.ask('by=nataz')).caveats.join('\n')).not.toMatch(/format/);
    expect((await full.ask('by=remote')).caveats.join('\n')).not.toMatch(/format/);
  });
});
