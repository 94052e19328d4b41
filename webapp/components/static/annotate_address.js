// Where one is on the Annotate page, kept in its address: the queue, the name one labels under, the part, the item.

const NAMES = ['queue', 'as', 'part', 'item'];

/** What the address names; null for what it does not. */
export function place() {
  const query = new URLSearchParams(location.search);
  return Object.fromEntries(NAMES.map((name) => [name, query.get(name)]));
}

/** Say in the address where one is; `replace` makes no step of the Back button. */
export function go(changes, replace = false) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  if (url.href !== location.href) history[replace ? 'replaceState' : 'pushState'](null, '', url);
}
