// Where this program's own places are: behind a proxy it may live below a path.

const BASE = new URL('..', import.meta.url).pathname.replace(/\/$/, ''); // these scripts are in /client

/** The address of a place of ours: `home('/api/model')`. What is no place of ours stays as it is. */
export function home(place) {
  const text = String(place);
  return text.startsWith('/') && !text.startsWith('//') ? BASE + text : text;
}
