// One session in the library's list.

import { el, plural } from './dom.js';
import { when } from './library_time.js';

/** A row; `on` has pick, edit, remove and restore; `panel` is its open editor or null. */
export function sessionRow(session, current, on, panel) {
  const running = session.live_runs ? ` · ${session.live_runs} running` : '';
  return el(current ? 'li.st-item.st-current' : 'li.st-item', { data: { session: session.id } },
    el('div.st-main', {},
      el('button.st-name.st-contained', { type: 'button', ariaPressed: String(current), data: { focus: `pick session ${session.id}` }, onclick: on.pick }, session.name),
      el('p.st-dim', {}, `${plural(session.runs, 'run')}${running} · ${when(session.updated_at)}`),
      session.tags.length ? el('p.st-dim.st-contained', {}, session.tags.map((tag) => `# ${tag}`).join('  ')) : null,
      session.notes ? el('p.st-notes.st-contained.st-clamp', {}, session.notes) : null,
      actions(session, on)), panel);
}

function actions(session, on) {
  const id = encodeURIComponent(session.id);
  if (session.deleted_at) return el('p.st-itemactions', {}, el('button.st-link', { type: 'button', onclick: on.restore }, 'Restore'));
  return el('p.st-itemactions', {}, el('a.st-link', { href: `/?session=${id}` }, 'Work in it'),
    session.runs ? el('a.st-link', { href: `/compare?sessions=${id}` }, 'Compare its methods') : null,
    el('a.st-link', { href: `/api/sessions/${id}/export`, download: '' }, 'Export .stz'),
    el('button.st-link', { type: 'button', data: { focus: `edit session ${session.id}` }, onclick: on.edit }, 'Edit'),
    el('button.st-link', { type: 'button', onclick: on.remove }, 'Delete'));
}
