import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * A client of the instrument as a lab script would have it, written from the description of the protocol alone and sharing
 * no code with the driver: blocking calls, one after another, Ids left at 0, the lengths of strings counted with their padding.
 */

/** `int` and `float` are kinds of arguments; wait flags go into the header. */
export type LabArgument = { readonly int: number } | { readonly float: number } | { readonly text: string };

export interface LabAnswer {
  readonly name: string;
  readonly id: number;
  readonly flags: number;
  readonly body: DataView;
}

export interface LabChunk {
  readonly frame: number;
  readonly channel: number;
  readonly index: number;
  readonly bpp: number;
  readonly pixels: Uint8Array;
  readonly atMs: number;
}

export interface LabClient {
  readonly dataSourcePort: number;
  /** Sends a call. */
  send(name: string, args?: readonly LabArgument[], options?: { readonly flags?: number; readonly id?: number }): void;
  /** The next message that the server sends on the control connection. */
  receive(): Promise<LabAnswer>;
  /** A call and the strings (floats, texts) of its answer. */
  askText(name: string, args?: readonly LabArgument[], flags?: number): Promise<string[]>;
  /** A call and the integers of its answer. */
  askInt(name: string, args?: readonly LabArgument[], flags?: number): Promise<number[]>;
  /** Answers that nobody has received yet. */
  readonly unread: number;
  readonly chunks: LabChunk[];
  /** Resolves when so many pixels of a channel of a frame have come. */
  pixelsOf(frame: number, channel: number, count: number): Promise<Uint8Array>;
  /** The next message of this name on the connection for pixels, other than `ScData`. */
  dataMessage(name: string): Promise<LabAnswer>;
  sendRaw(bytes: Uint8Array): void;
  readonly control: Socket;
  readonly data: Socket | undefined;
  readonly ended: Promise<void>;
  close(): void;
}

const up4 = (length: number): number => (length + 3) & ~3;

function packArgument(argument: LabArgument): Buffer {
  if ('int' in argument) {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(argument.int | 0);
    return bytes;
  }
  const text = 'float' in argument ? argument.float.toFixed(9) : argument.text;
  const length = up4(text.length + 1);
  const bytes = Buffer.alloc(4 + length);
  bytes.writeUInt32LE(length);
  bytes.write(text, 4, 'utf8');
  return bytes;
}

export function packCall(name: string, args: readonly LabArgument[], { flags = 0, id = 0 }: { readonly flags?: number; readonly id?: number } = {}): Buffer {
  const body = Buffer.concat(args.map(packArgument));
  const header = Buffer.alloc(32);
  header.write(name, 'ascii');
  header.writeUInt32LE(body.length, 16);
  header.writeUInt32LE(id >>> 0, 20);
  header.writeUInt16LE(flags, 24);
  return Buffer.concat([header, body]);
}

function unpackTexts({ body }: LabAnswer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < body.byteLength; ) {
    const length = body.getUint32(at, true);
    const bytes = new Uint8Array(body.buffer, body.byteOffset + at + 4, length);
    texts.push(Buffer.from(bytes).toString('utf8').replace(/\0.*$/s, ''));
    at += 4 + up4(length);
  }
  return texts;
}

/** Messages of a stream, one after another. */
function onMessages(socket: Socket, take: (answer: LabAnswer) => void): void {
  let buffer = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    buffer = Buffer.concat([buffer, bytes]);
    while (buffer.length >= 32 && buffer.length >= 32 + buffer.readUInt32LE(16)) {
      const size = buffer.readUInt32LE(16);
      const body = Uint8Array.from(buffer.subarray(32, 32 + size));
      take({
        name: buffer.toString('ascii', 0, 16).replace(/\0+$/, ''),
        id: buffer.readUInt32LE(20),
        flags: buffer.readUInt16LE(24),
        body: new DataView(body.buffer),
      });
      buffer = buffer.subarray(32 + size);
    }
  });
}

const opened = (socket: Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('connect', () => resolve());
    socket.once('error', reject);
  });

async function somePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, () => resolve()));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** `order`: how the connection for pixels is made; `wrong` registers its port only afterwards, `none` makes none. */
export async function openLabClient(port: number, order: 'right' | 'wrong' | 'none' = 'right'): Promise<LabClient> {
  const control = connect({ host: '127.0.0.1', port, noDelay: true });
  await opened(control);
  control.on('error', () => undefined);
  const answers: LabAnswer[] = [];
  const chunks: LabChunk[] = [];
  const others: LabAnswer[] = [];
  let wake: () => void = () => undefined;
  let woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const tell = (): void => {
    const before = wake;
    woken = new Promise((resolve) => {
      wake = resolve;
    });
    before();
  };
  onMessages(control, (answer) => {
    answers.push(answer);
    tell();
  });
  const ended = new Promise<void>((resolve) => control.once('close', () => resolve()));
  let data: Socket | undefined;

  const client: LabClient = {
    dataSourcePort: 0,
    control,
    ended,
    chunks,
    get data() {
      return data;
    },
    get unread() {
      return answers.length;
    },
    send: (name, args = [], choice) => void control.write(packCall(name, args, choice)),
    sendRaw: (bytes) => void control.write(bytes),
    receive: async () => {
      while (answers.length === 0) await woken;
      return answers.shift() as LabAnswer;
    },
    askText: async (name, args, flags = 0) => {
      client.send(name, args, { flags });
      return unpackTexts(await client.receive());
    },
    askInt: async (name, args, flags = 0) => {
      client.send(name, args, { flags });
      const { body } = await client.receive();
      return Array.from({ length: body.byteLength / 4 }, (_, index) => body.getInt32(4 * index, true));
    },
    pixelsOf: async (frame, channel, count) => {
      for (;;) {
        const mine = chunks.filter((chunk) => chunk.frame === frame && chunk.channel === channel);
        const bytesPerPx = (mine[0]?.bpp ?? 8) / 8;
        const image = new Uint8Array(count * bytesPerPx);
        const seen = new Set<number>();
        for (const { index, pixels } of mine) {
          image.set(pixels, index * bytesPerPx);
          for (let px = 0; px < pixels.length / bytesPerPx; px++) seen.add(index + px);
        }
        if (seen.size === count) return image;
        await woken;
      }
    },
    dataMessage: async (name) => {
      others.length = 0;
      for (;;) {
        const found = others.find((message) => message.name === name);
        if (found !== undefined) return found;
        await woken;
      }
    },
    close: () => {
      data?.destroy();
      control.destroy();
    },
  };

  const openData = async (localPort: number): Promise<void> => {
    data = connect({ host: '127.0.0.1', port: port + 1, localPort, noDelay: true });
    await opened(data);
    data.on('error', () => undefined);
    onMessages(data, (message) => {
      const { name, body } = message;
      if (name !== 'ScData') {
        others.push(message);
        tell();
        return;
      }
      const length = body.getUint32(16, true);
      chunks.push({
        frame: body.getUint32(0, true),
        channel: body.getInt32(4, true),
        index: body.getUint32(8, true),
        bpp: body.getInt32(12, true),
        pixels: new Uint8Array(body.buffer, 20, length),
        atMs: performance.now(),
      });
      tell();
    });
  };
  if (order === 'none') return client;
  const localPort = await somePort();
  if (order === 'wrong') await openData(localPort);
  const [refused] = await client.askInt('TcpRegDataPort', [{ int: localPort }]);
  if (refused !== 0) throw new Error(`TcpRegDataPort: ${refused}`);
  if (order === 'right') await openData(localPort);
  return Object.assign(client, { dataSourcePort: localPort });
}
