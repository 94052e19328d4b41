// Who is logged in, and the way out.

import { el, fill } from './dom.js';
import { whoAsks } from './person.js';

/** Start the component: called once by js_on_load. */
export async function mount({ element }) {
  const root = element.querySelector('.st-person');
  const who = await whoAsks();
  if (!who.logins) return;
  root.hidden = false;
  fill(root, el('span.st-contained', {}, 'Logged in as ', el('b', {}, who.name)),
    el('form', { method: 'post', action: '/logout' }, el('button.st-link', { type: 'submit' }, 'Log out')));
}
