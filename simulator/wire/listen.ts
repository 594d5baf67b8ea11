import type { AddressInfo, Server } from 'node:net';
import { EmagentError } from '../../src/contract/errors.ts';

/** Begins to listen and tells the port: any free one for 0. Throws EM_PORT_IN_USE, EM_USAGE for an address that cannot be listened at. */
export function listen(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(new EmagentError('EM_PORT_IN_USE', `Port ${port} of ${host} is in use.`, { cause: error }));
      else reject(new EmagentError('EM_USAGE', `Listening at ${host}:${port} is not possible: ${error.code ?? error.message}.`, { cause: error }));
    });
    server.listen({ host, port }, () => resolve((server.address() as AddressInfo).port));
  });
}
