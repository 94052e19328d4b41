// Where one is in the lists: what they are narrowed to, and which page of them is shown.

import { el, fill } from './dom.js';

/** A chip a filter that is on; `drop` has a function for each. */
export function filterChips({ session, tag }, sessions, drop) {
  const name = sessions.find((each) => each.id === session)?.name || 'one session';
  return [session ? chip(`session: ${name}`, drop.session) : null, tag ? chip(`tag: ${tag}`, drop.tag) : null];
}

function chip(text, drop) {
  return el('button.st-chip', { type: 'button', ariaLabel: `Remove the filter ${text}`, onclick: drop }, `${text} ×`);
}

/** The line below a list; `go(offset)` is called for another page. */
export class Pager {
  constructor(size, go) {
    this.size = size;
    this.go = go;
    this.node = el('nav.st-pager', { ariaLabel: 'Pages' });
  }

  draw(offset, total) {
    const to = Math.min(offset + this.size, total);
    const paged = total > this.size;
    fill(this.node, paged ? this.button('Newer', Math.max(0, offset - this.size), offset > 0) : null,
      el('span.st-dim', { role: 'status' }, total ? `${offset + 1}–${to} of ${total.toLocaleString('en')}` : ''),
      paged ? this.button('Older', offset + this.size, to < total) : null);
  }

  // Not `disabled`: the button of the last page keeps the focus of who pressed it.
  button(text, offset, possible) {
    return el('button.st-button', { type: 'button', ariaDisabled: String(!possible), data: { focus: text }, onclick: () => { if (possible) this.go(offset); } }, text);
  }
}
