// Who is asking, and what that person may do with a session.

import { fetchJson } from './dom.js';

const ALONE = { id: null, name: '', logins: false, default_session: null };

/** Ask the server; where it does not say, nobody logs in. */
export async function whoAsks(signal) {
  return fetchJson('/api/person', signal).catch(() => ALONE);
}

/** What somebody may do with a session of a list: the server decides, this is for what is offered. */
export function rights(session, who) {
  const own = !who.logins || session.person_id === who.id;
  return { own, write: own || session.sharing === 'write' };
}
