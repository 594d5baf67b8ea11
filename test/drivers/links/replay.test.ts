import { expect, test } from 'vitest';
import { createReplay, type Replay } from '../../../drivers/links/replay.ts';
import type { WireDialect, WireRecord } from '../../../src/contract/wire-recording.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/lib/clock.ts';

interface Bench {
  readonly clock: VirtualClock;
  readonly replay: Replay;
  /** All that the far end has said so far. */
  heard(): string;
  /** Throws what the replay says to it. */
  say(text: string): Promise<void>;
}

const DIALECT: WireDialect = { queries: /\?$/, resynchronisers: /^$/ };

async function bench(records: readonly WireRecord[], dialect = DIALECT): Promise<Bench> {
  const clock = createVirtualClock();
  const replay = createReplay({ records: [{ t: 0, link: 1, open: 'far' }, ...records], clock, name: 'wire.jsonl', dialect });
  const link = await replay.openLink('far');
  let heard = '';
  link.onData((bytes) => {
    heard += Buffer.from(bytes).toString('latin1');
  });
  return { clock, replay, heard: () => heard, say: (text) => link.write(Buffer.from(text, 'latin1')) };
}

const sent = (t: number, text: string): WireRecord => ({ t, link: 1, sent: text });
const received = (t: number, text: string): WireRecord => ({ t, link: 1, received: text });

test('what the far end says by itself does not wait for a question that is not asked', async () => {
  const { clock, say, heard, replay } = await bench([received(100, 'hello '), sent(200, 'how?'), received(210, 'well '), { t: 300, link: 2, open: 'pixels' }]);
  await say('how?');
  await clock.sleep(50);
  expect(heard()).toBe('hello well ');
  expect(replay.diverged).toBeUndefined();

  const silent = await bench([sent(10, 'GO'), received(20, 'ok '), sent(50, 'how?'), { t: 60, link: 1, closed: 'gone' }]);
  await silent.say('GO');
  await silent.clock.sleep(100);
  await expect(silent.say('how?')).rejects.toMatchObject({ code: 'EM_LINK_CLOSED' });
});

test('a question that was asked before a command, and is asked after it now, is answered with the last answer', async () => {
  const { clock, say, heard } = await bench([sent(10, 'where?'), received(11, 'here '), sent(20, 'GO'), received(25, 'ok '), sent(30, 'STOP'), received(31, 'end ')]);
  await say('GO');
  await clock.sleep(10);
  await say('where?');
  await clock.sleep(10);
  expect(heard()).toBe('ok here ');
  await say('STOP');
  await clock.sleep(10);
  expect(heard()).toBe('ok here end ');
});

test('a command may be given any number of questions early, but not before another command', async () => {
  const questions = Array.from({ length: 40 }, (_, index) => [sent(10 + index, `q${index}?`), received(10.5 + index, `${index} `)]).flat();
  const { say, replay } = await bench([...questions, sent(100, 'GO'), received(101, 'ok '), sent(110, 'STOP'), received(111, 'end ')]);
  await say('GO');
  expect(replay.diverged).toBeUndefined();

  const other = await bench([...questions, sent(100, 'GO'), received(101, 'ok '), sent(110, 'STOP'), received(111, 'end ')]);
  await expect(other.say('STOP')).rejects.toBeDefined();
  expect(other.replay.diverged).toMatchObject({ code: 'EM_PROTOCOL', message: 'The replay of wire.jsonl diverges: the driver did "STOP", and line 3 has "q0?".' });
});

test('answers without numbers come in the order of their questions, also when a command does not wait for one', async () => {
  const { clock, say, heard } = await bench([sent(10, 'slow?'), received(80, 'slow '), sent(100, 'GO'), received(101, 'ok ')]);
  await say('slow?');
  await say('GO');
  await clock.sleep(200);
  expect(heard()).toBe('slow ok ');
});

test('what only brings the talk into step again is answered as it was the first time', async () => {
  const { clock, say, heard, replay } = await bench([sent(5, ''), received(6, 'step '), sent(10, 'GO'), received(11, 'ok '), sent(20, ''), received(21, 'late step ')]);
  await say('GO');
  await clock.sleep(20);
  await say('');
  await clock.sleep(20);
  expect(heard()).toBe('ok step ');
  expect(replay.diverged).toBeUndefined();
});

test('a question that the recording does not hold, and one that is asked without end, diverge', async () => {
  const { say, replay } = await bench([sent(10, 'where?'), received(11, 'here ')]);
  await expect(say('why?')).rejects.toBeDefined();
  expect(replay.diverged).toMatchObject({ code: 'EM_PROTOCOL' });

  const circle = await bench([sent(10, 'where?'), received(11, 'here ')]);
  const asked = async (): Promise<void> => {
    for (let count = 0; count < 1000; count++) await circle.say('where?');
  };
  await expect(asked()).rejects.toBeDefined();
  expect(circle.replay.diverged).toMatchObject({ code: 'EM_PROTOCOL' });
});

test('a picture that was waited for in vain is waited for in vain again', async () => {
  const { clock, replay } = await bench([{ t: 400, wanted: 'next', picture: '', bytesBase64: '' }]);
  const folder = await replay.openFolder('/pictures');
  const wanted = { after: new Map<string, string>(), accept: () => true, timeoutMs: 5000, what: 'photo 7' };
  const outcome = folder.next(wanted).catch((thrown: unknown) => thrown);
  await clock.sleep(1000);
  expect(await outcome).toMatchObject({ code: 'EM_TIMEOUT', message: 'photo 7 did not appear in the recording wire.jsonl.' });
});
