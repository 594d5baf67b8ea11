import { SerialPort } from 'serialport';
import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import type { Link } from '../../src/contract/link.ts';
import { createByteLink } from './byte-link.ts';
import { wireOf } from './wire.ts';

export interface SerialOptions {
  /** `/dev/ttyUSB0`, `COM3` ... */
  readonly path: string;
  readonly clock: Clock;
  readonly baudRate?: number;
  readonly dataBits?: 5 | 6 | 7 | 8;
  readonly stopBits?: 1 | 1.5 | 2;
  readonly parity?: 'none' | 'even' | 'odd' | 'mark' | 'space';
  /** Hardware flow control by RTS and CTS. */
  readonly rtscts?: boolean;
  /** Limit of the opening, ms. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** serialport's errors carry no code: their texts are told apart here and nowhere else. */
export function serialOpenError(path: string, error: Error): EmagentError {
  const text = error.message;
  const sentence = /no such file|file not found|cannot find|ENOENT/i.test(text)
    ? `There is no serial port ${path}.`
    : /lock|busy|temporarily unavailable|access denied/i.test(text)
      ? `The serial port ${path} is in use by another program.`
      : /permission/i.test(text)
        ? `This user may not open the serial port ${path}.`
        : /inappropriate ioctl|not a tty/i.test(text)
          ? `${path} is no serial port.`
          : `The serial port ${path} could not be opened: ${text.replace(/^Error:\s*/, '').replace(/\.$/, '')}.`;
  return new EmagentError('EM_CONNECT', sentence, { cause: error });
}

/**
 * Opens a serial port, 9600 8N1 when nothing else is said. Closing it leaves DTR as it is (`hupcl` off), because many
 * controllers take its fall as a reset. Throws EM_CONNECT with one sentence, or the signal's reason.
 */
export async function openSerial(options: SerialOptions): Promise<Link> {
  const { path, clock } = options;
  options.signal?.throwIfAborted();
  const { farEnd } = wireOf(clock);
  if (farEnd !== undefined) return farEnd.openLink(path);
  const port = new SerialPort({
    path,
    baudRate: options.baudRate ?? 9600,
    dataBits: options.dataBits ?? 8,
    stopBits: options.stopBits ?? 1,
    parity: options.parity ?? 'none',
    rtscts: options.rtscts ?? false,
    hupcl: false,
    autoOpen: false,
  });
  const { link, received, vanished } = createByteLink({
    description: path,
    clock,
    send: (bytes, done) => port.write(Buffer.from(bytes), done),
    close: () => {
      if (port.isOpen) port.close(() => undefined);
      else vanished();
    },
    destroy: () => port.destroy(),
  });
  let failure: Error | undefined;
  port.on('error', (error) => {
    failure = error;
  });
  // `disconnected` marks an unplug; a close of ours comes without an error.
  port.on('close', (error: Error | null) => {
    vanished(error ?? failure ?? new EmagentError('EM_LINK_CLOSED', `The serial port ${path} was closed.`));
  });

  const limit = clock.deadline(options.signal, options.timeoutMs ?? 5000, 'EM_CONNECT');
  const given = new Promise<never>((_resolve, reject) => {
    limit.signal.addEventListener('abort', () => {
      if (options.signal?.aborted === true) reject(options.signal.reason as Error);
      else reject(new EmagentError('EM_CONNECT', `The serial port ${path} did not open in time.`));
    });
  });
  let abandoned = false;
  const opened = new Promise<void>((resolve, reject) => {
    port.open((error) => {
      if (error !== null && error !== undefined) reject(serialOpenError(path, error));
      else if (abandoned) port.close(() => undefined);
      else resolve();
    });
  });
  try {
    await Promise.race([opened, given]);
    // What an earlier user of the port left in the system's buffers is not ours.
    await Promise.race([new Promise<void>((resolve) => port.flush(() => resolve())), given]);
  } catch (thrown) {
    abandoned = true;
    if (port.isOpen) port.close(() => undefined);
    throw thrown;
  } finally {
    limit.clear();
  }
  port.on('data', received);
  return link;
}

export interface SerialPortInfo {
  readonly path: string;
  readonly manufacturer?: string;
  readonly serialNumber?: string;
}

/** The serial ports of this machine. Throws EM_CONNECT when the system cannot tell. */
export async function listSerialPorts(): Promise<SerialPortInfo[]> {
  try {
    const ports = await SerialPort.list();
    return ports.map(({ path, manufacturer, serialNumber }) => ({
      path,
      ...(manufacturer !== undefined && { manufacturer }),
      ...(serialNumber !== undefined && { serialNumber }),
    }));
  } catch (cause) {
    const text = (cause as Error).message;
    const reason = /udevadm/.test(text) ? 'the program udevadm is not installed' : text.replace(/\.$/, '');
    throw new EmagentError('EM_CONNECT', `The serial ports cannot be listed: ${reason}.`, { cause });
  }
}
