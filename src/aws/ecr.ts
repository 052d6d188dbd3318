import { DescribeImagesCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import type { AwsAccess, AwsPlace } from './access.js';
import { asDocument, ask, readPages } from './ask.js';

/** Images as `ecr/images.json` holds them, and whether that is all. */
export interface ImagesDocument {
  readonly imageDetails: readonly unknown[];
  /** Repositories beyond the budget, or with more images than were read. */
  readonly left: number;
}

/** 100 a page. */
const MOST_REPOSITORY_PAGES = 3;
const MOST_IMAGE_PAGES = 2;
/** DescribeImages takes some tens of calls a second; five at once stay far below. */
const AT_ONCE = 5;

/** Sizes of the images of one registry. @throws NetcostError 'upstream' where it cannot be read. */
export async function describeImages(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  signal?: AbortSignal,
): Promise<ImagesDocument> {
  const client = access.client(ECRClient, place);
  const repositories = await readPages(MOST_REPOSITORY_PAGES, (nextToken) =>
    ask('ecr:DescribeRepositories', place, signal, async (options) => {
      const answer = await client.send(new DescribeRepositoriesCommand({ maxResults: 100, nextToken }), options);
      return { items: answer.repositories ?? [], token: answer.nextToken };
    }),
  );
  const names = repositories.items.flatMap(({ repositoryName }) => repositoryName ?? []);
  let left = repositories.hasMore ? 1 : 0;
  const imageDetails: unknown[] = [];
  const queue = [...names];
  const work = async () => {
    for (let repositoryName = queue.shift(); repositoryName !== undefined; repositoryName = queue.shift()) {
      const images = await readPages(MOST_IMAGE_PAGES, (nextToken) =>
        ask('ecr:DescribeImages', place, signal, async (options) => {
          const input = { repositoryName, maxResults: 100, nextToken };
          const answer = await client.send(new DescribeImagesCommand(input), options);
          return { items: asDocument(answer.imageDetails ?? []) as readonly unknown[], token: answer.nextToken };
        }),
      );
      imageDetails.push(...images.items);
      if (images.hasMore) left += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { imageDetails, left };
}
