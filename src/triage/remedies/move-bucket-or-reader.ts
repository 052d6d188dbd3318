import { advice, type Fix } from './fix.js';

/** Bucket and reader in one Region: by replication or by moving either. A gateway endpoint cannot reach another Region. */
export function moveBucketOrReader(): Fix {
  return advice('move-bucket-or-reader');
}
