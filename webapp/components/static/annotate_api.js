// Speaks to the annotation routes (webapp/annotation/wire.py says what they take and answer).

import { home } from './home.js';

const ROOT = '/api/annotation';

/** What the server refused, with its sentence; `conflict` where another window was faster. */
class Refused extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.conflict = status === 409;
  }
}

/** The server did not answer (`status` is 0), or could not work: the same request may be sent again. */
export class Unanswered extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

/** Ask a route; `path` starts with a slash, `query` and `body` are plain values. */
export async function ask(method, path, { query = null, body = null } = {}) {
  const address = `${ROOT}${path}${query ? `?${parameters(query)}` : ''}`;
  const headers = { accept: 'application/json', ...(body === null ? {} : { 'content-type': 'application/json' }) };
  const response = await fetch(home(address), { method, headers, body: body === null ? undefined : JSON.stringify(body) })
    .catch(() => { throw new Unanswered('The server does not answer.', 0); });
  const told = await response.json().catch(() => ({}));
  if (response.ok) return told;
  if (response.status >= 500) throw new Unanswered(told.error || `The server answered ${response.status}.`, response.status);
  throw new Refused(sentence(told, response.status), response.status);
}

/** The path of a queue or an item. */
export const of = (kind, id, rest = '') => `/${kind}/${encodeURIComponent(id)}${rest}`;

function parameters(query) {
  return new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null && value !== '' && value !== false));
}

function sentence(told, status) {
  if (typeof told.error === 'string') return told.error;
  const [first] = Array.isArray(told.detail) ? told.detail : [];
  return first ? `${first.loc.slice(1).join(', ')}: ${first.msg}` : `The server answered ${status}.`;
}
