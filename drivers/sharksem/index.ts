import { defineDriver } from '../../src/contract/microscope.ts';
import { CONTROL_PORT, OLDEST_VERSION } from './codec/functions.ts';
import { askVersion, identify } from './identify.ts';
import { createSharksemMicroscope } from './microscope.ts';
import { addressOptions } from './options.ts';
import { openSession } from './session.ts';
import { sharksemWire } from './wire-dialect.ts';

export const driver = defineDriver({
  id: 'sharksem',
  summary: 'TESCAN SharkSEM over TCP: stage, image, blanker, focus',
  example: 'sharksem://192.168.0.10:8300',
  options: addressOptions,
  wire: sharksemWire,
  connect: async (options, { url, clientName, clock, signal, log }) => {
    const host = url.hostname === '' ? '127.0.0.1' : url.hostname.replace(/^\[|\]$/g, '');
    const port = url.port === '' ? CONTROL_PORT : Number(url.port);
    let version: string = OLDEST_VERSION;
    const session = await openSession({
      host,
      port,
      clock,
      log,
      replyMs: options.replyMs,
      connectMs: options.connectMs,
      signal,
      greet: async (control) => {
        version = await askVersion(control);
      },
    });
    try {
      const instrument = await identify(session, { version, options, url: `${url.protocol}//${session.description}` });
      return createSharksemMicroscope({ session, instrument, options, clientName, clock, log });
    } catch (thrown) {
      await session.close();
      throw thrown;
    }
  },
});
