import { describe, expect, it } from 'vitest';
import { readFailure } from '../../src/rollups/failure.js';

describe('what a store says when it cannot answer', () => {
  it('tells a question that was too large from a store that is not whole', () => {
    const large = readFailure('/store', new Error('Out of Memory Error: could not allocate block of size 256.0 KiB'));
    expect(`${large.message} ${large.hint}`).toBe(
      'The question needs more memory than netcost gives to one. Ask for a shorter window, for one team, or by another key.',
    );
    const broken = readFailure('/store', new Error('Invalid Input Error: No magic bytes found'));
    expect(`${broken.message} ${broken.hint}`).toBe(
      'The store could not answer. Look whether /store is whole, or ingest anew.',
    );
  });
});
