import { expect, test } from 'vitest';
import { connectMicroscope } from '../../../src/session/microscopes.ts';
import { temporaryFolder } from '../../record/sample-folder.ts';
import { otherDevice } from '../../support/other-device.ts';
import { createSocketClock } from '../../support/socket-clock.ts';

const garbled = Buffer.from([0xf8, 0x80, 0xe6, 0x98, 0x1e, 0x00, 0xfe, 0x0d, 0x0a]);

test.each([
  { what: 'nothing answers', answer: undefined, code: 'EM_CONNECT', sentence: /^Nothing answers at 127\.0\.0\.1:\d+: is the stage controller switched on, with the serial settings of the serial server, and is the cable in\?$/ },
  { what: 'the baud rate is another one', answer: garbled, code: 'EM_CONNECT', sentence: /^What 127\.0\.0\.1:\d+ sends is no text: set the baud rate to that of the controller \(baud=\)\.$/ },
  { what: 'another device is on the port', answer: '@\r\n>SmartSEM V06.01\r\n', code: 'EM_PROTOCOL', sentence: /^What answers at 127\.0\.0\.1:\d+ is not an ASI stage controller: it said "@ >SmartSEM V06\.01"\.$/ },
  { what: 'a web server is on the port', answer: 'HTTP/1.1 400 Bad Request\r\n\r\n', code: 'EM_PROTOCOL', sentence: /is not an ASI stage controller: it said "HTTP\/1\.1 400 Bad Request"\.$/ },
])('connecting says in one sentence that $what, and nothing beside it', async ({ answer, code, sentence }) => {
  let answered = false;
  const address = await otherDevice((_text, socket) => {
    if (answer !== undefined && !answered) socket.write(answer);
    answered = true;
  });
  const said: string[] = [];
  const query = new URLSearchParams({ images: temporaryFolder(), fieldWidthUm: '80' });
  const log = (level: string, message: string): void => void (level === 'debug' || said.push(message));
  const error: unknown = await connectMicroscope(`asi+tcp://${address}?${query.toString()}`, { clock: createSocketClock(), clientName: 'test', log }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, message: expect.stringMatching(sentence) as string });
  expect(said).toEqual([]);
});
