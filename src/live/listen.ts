import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EmagentError } from '../contract/errors.ts';

/** Throws EM_PORT_IN_USE, or EM_USAGE for an address that is not this computer's or a port that may not be opened. */
export function listen(server: Server, { host, port }: { host: string; port: number }): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EADDRINUSE') reject(new EmagentError('EM_PORT_IN_USE', `Port ${port} on ${host} is used by another program.`, { cause }));
      else if (cause.code === 'EACCES') reject(new EmagentError('EM_USAGE', `Port ${port} may not be opened by this user: take one above 1023.`, { cause }));
      else if (cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND' || cause.code === 'EAI_AGAIN') {
        reject(new EmagentError('EM_USAGE', `${host} is no address of this computer.`, { cause }));
      } else reject(new EmagentError('EM_USAGE', `Cannot listen at ${host}:${port}: ${cause.message}.`, { cause }));
    });
    server.listen({ host: host.replace(/^\[|\]$/g, ''), port }, () => resolve(server.address() as AddressInfo));
  });
}
