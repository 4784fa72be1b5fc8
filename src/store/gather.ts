import type pg from 'pg';

interface Stream {
  cork(): void;
  uncork(): void;
}

const gathering = new WeakSet<Stream>();

/**
 * Holds back what is sent on a connection until a moment later, so that statements which are sent one after another
 * travel together: a system call costs more than finding a row.
 *
 * @param schedule calls back when it is time; what is awaited before that time would never come
 */
export function gather(client: pg.ClientBase, schedule: (send: () => void) => void): void {
  const { stream } = (client as pg.ClientBase & { readonly connection: { readonly stream: Stream } })
    .connection;
  if (gathering.has(stream)) return;
  gathering.add(stream);
  stream.cork();
  schedule(() => {
    gathering.delete(stream);
    stream.uncork();
  });
}
