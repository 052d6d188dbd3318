import type { MessagePort } from 'node:worker_threads';
import type { LiveDiagnosed, LiveTriage } from './live.js';
import {
  type FromThread,
  gone,
  sendFailure,
  type ThreadAnswer,
  type ThreadQuestion,
  type ToThread,
} from './live-messages.js';

/** Diagnoses whose evidence can still be saved: the bot saves each at once, and one can be tens of MB. */
const KEPT = 8;

/**
 * The thread's side of `openLiveThread`: answers questions with `liveOf` (of the folder of recorded evidence, where one
 * is given). `close` gives back what `liveOf` opened, after the last answer.
 */
export function serveLive(
  port: MessagePort,
  liveOf: (folder: string | undefined) => Promise<LiveTriage>,
  close: () => Promise<void>,
): void {
  const stops = new Map<number, AbortController>();
  const kept = new Map<number, LiveDiagnosed['save']>();
  const running = new Set<Promise<void>>();
  const send = (message: FromThread): void => port.postMessage(message);

  const answer = async (id: number, question: ThreadQuestion, signal: AbortSignal): Promise<ThreadAnswer> => {
    switch (question.type) {
      case 'diagnose': {
        const { subject, nowMs, folder } = question;
        const live = await liveOf(folder);
        const { save, ...diagnosed } = await live.diagnose({
          ...{ subject, nowMs, signal },
          onEvidence: (arrival) => send({ id, type: 'evidence', arrival }),
        });
        kept.set(id, save);
        for (const old of [...kept.keys()].slice(0, -KEPT)) kept.delete(old);
        return diagnosed;
      }
      case 'bytes':
        return (await liveOf(question.folder)).readGatewayBytes(question.natGatewayIds, question.window);
      case 'save': {
        const save = kept.get(question.of);
        if (save === undefined) throw gone();
        await save(question.target);
        return undefined;
      }
    }
  };
  const serve = async (id: number, question: ThreadQuestion): Promise<void> => {
    const stop = new AbortController();
    stops.set(id, stop);
    try {
      send({ id, type: 'done', answer: await answer(id, question, stop.signal) });
    } catch (error) {
      send({ id, type: 'failed', failure: sendFailure(error) });
    } finally {
      stops.delete(id);
    }
  };
  port.on('message', (message: ToThread) => {
    if (message.type === 'abort') stops.get(message.id)?.abort();
    else if (message.type === 'ask') {
      const served = serve(message.id, message.question);
      running.add(served);
      void served.then(() => running.delete(served));
    } else {
      for (const stop of stops.values()) stop.abort();
      void Promise.all(running)
        .then(close)
        .finally(() => port.close());
    }
  });
}
