import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { NetcostError } from '../errors.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { awsFailure } from './failure.js';

/** One bucket, and with whose credentials it is read. */
export interface Bucket {
  readonly name: string;
  /** The bucket's own Region, and the account whose credentials read it. */
  readonly place: AwsPlace;
}

/** An object as a listing tells it. */
interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly modifiedMs: number;
}

export interface ListPage {
  readonly objects: readonly ListedObject[];
  /** With a delimiter: what stands between the prefix and the next one, each once, the delimiter included. */
  readonly folders: readonly string[];
  /** Whether more follows: the next page begins after the last key. */
  readonly isCut: boolean;
}

/**
 * One request: at most 1,000 keys below `prefix`, in the order of their bytes, after `startAfter`.
 * Throws NetcostError('upstream').
 */
export async function listPage(
  access: AwsAccess,
  { name, place }: Bucket,
  query: { readonly prefix: string; readonly startAfter?: string; readonly delimiter?: '/'; readonly most?: number },
  signal?: AbortSignal,
): Promise<ListPage> {
  try {
    const page = await access.client(S3Client, place).send(
      new ListObjectsV2Command({
        Bucket: name,
        Prefix: query.prefix,
        ...(query.startAfter !== undefined && { StartAfter: query.startAfter }),
        ...(query.delimiter !== undefined && { Delimiter: query.delimiter }),
        ...(query.most !== undefined && { MaxKeys: query.most }),
      }),
      abortedBy(signal),
    );
    return {
      objects: (page.Contents ?? []).flatMap(({ Key, Size, LastModified }) =>
        Key === undefined ? [] : [{ key: Key, size: Size ?? 0, modifiedMs: LastModified?.getTime() ?? 0 }],
      ),
      folders: (page.CommonPrefixes ?? []).flatMap(({ Prefix }) => (Prefix === undefined ? [] : [Prefix])),
      isCut: page.IsTruncated === true,
    };
  } catch (error) {
    throw s3Failure(error, 's3:ListBucket', { name, place });
  }
}

/** A connection that breaks in the middle of an object is no answer that the SDK would ask for again. */
const TRIES = 3;

/**
 * Writes an object to a file as its bytes arrive; a file that is not whole is the caller's to remove. `gone` where it is
 * there no more. Throws NetcostError('upstream').
 */
export async function readObjectTo(
  access: AwsAccess,
  bucket: Bucket,
  key: string,
  file: string,
  signal?: AbortSignal,
): Promise<'fetched' | 'gone'> {
  const client = access.client(S3Client, bucket.place);
  for (let tries = 1; ; tries++) {
    let hasBegun = false;
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket.name, Key: key }), abortedBy(signal));
      if (!(Body instanceof Readable)) return 'gone';
      hasBegun = true;
      await pipeline(Body, createWriteStream(file), signal === undefined ? {} : { signal });
      return 'fetched';
    } catch (error) {
      if ((error as { name?: string }).name === 'NoSuchKey') return 'gone';
      if (!hasBegun || tries === TRIES || signal?.aborted) throw s3Failure(error, 's3:GetObject', bucket);
    }
  }
}

/** The first bytes of an object. Throws NetcostError('upstream'). */
export async function readBeginning(
  access: AwsAccess,
  bucket: Bucket,
  key: string,
  bytes: number,
  signal?: AbortSignal,
): Promise<Buffer> {
  try {
    const { Body } = await access
      .client(S3Client, bucket.place)
      .send(new GetObjectCommand({ Bucket: bucket.name, Key: key, Range: `bytes=0-${bytes - 1}` }), abortedBy(signal));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  } catch (error) {
    throw s3Failure(error, 's3:GetObject', bucket);
  }
}

/** What S3 refused; a bucket that is not there or elsewhere is a matter of the config. */
function s3Failure(cause: unknown, call: string, { name, place }: Bucket): NetcostError {
  const { name: kind = '', message = '' } = (cause ?? {}) as { name?: string; message?: string };
  if (kind === 'NoSuchBucket') {
    return new NetcostError('upstream', `There is no bucket ${name}.`, { cause, hint: 'Mend data.buckets.' });
  }
  if (/PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint/.test(`${kind} ${message}`)) {
    return new NetcostError('upstream', `The bucket ${name} is not in ${place.region}.`, {
      cause,
      hint: `Name its own Region in data.buckets: aws s3api get-bucket-location --bucket ${name} tells it.`,
    });
  }
  return awsFailure(cause, call, place, `bucket ${name}`);
}

const abortedBy = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { abortSignal: signal });
