// With whom a session is shared, and whether one works in it by default.

import { el } from './dom.js';

const SHARED = { private: 'Only I may open it', read: 'Others may look at it', write: 'Others may add to it and change it' };
const LENT = { read: 'to look at', write: 'to work in' };

/** The line of a session about its sharing; `on` has share(sharing). Null where nobody logs in. */
export function sharingLine(session, who, { own }, on) {
  if (!who.logins) return null;
  if (!own) return el('p.st-dim.st-contained', {}, `${session.owner} shares it, ${LENT[session.sharing]}`);
  const choices = Object.entries(SHARED).map(([value, text]) => el('option', { value, selected: value === session.sharing }, text));
  return el('p', {}, el('select', { ariaLabel: `Who may open ${session.name}`, data: { focus: `share ${session.id}` }, onchange: (event) => on.share(event.target.value) }, ...choices));
}

/** The button that makes a session the one to work in, or no longer; null where nobody logs in. */
export function defaultButton(session, who, { write }, on) {
  if (!who.logins || !write) return null;
  const chosen = who.default_session === session.id;
  return el('button.st-link', { type: 'button', ariaPressed: String(chosen), data: { focus: `default ${session.id}` }, onclick: () => on.byDefault(!chosen) },
    chosen ? '✓ My default session' : 'Make it my default');
}
