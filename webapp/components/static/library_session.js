// One session in the library's list.

import { el, plural } from './dom.js';
import { defaultButton, sharingLine } from './library_sharing.js';
import { when } from './library_time.js';
import { rights } from './person.js';

/** A row as `who` may use it; `on` has pick, edit, remove, restore, share and byDefault; `panel` is its open editor or null. */
export function sessionRow(session, current, who, on, panel) {
  const may = rights(session, who);
  const running = session.live_runs ? ` · ${session.live_runs} running` : '';
  return el(current ? 'li.st-item.st-current' : 'li.st-item', { data: { session: session.id } },
    el('div.st-main', {},
      el('button.st-name.st-contained', { type: 'button', ariaPressed: String(current), data: { focus: `pick session ${session.id}` }, onclick: on.pick }, session.name),
      el('p.st-dim', {}, `${plural(session.runs, 'run')}${running} · ${when(session.updated_at)}`),
      session.tags.length ? el('p.st-dim.st-contained', {}, session.tags.map((tag) => `# ${tag}`).join('  ')) : null,
      session.notes ? el('p.st-notes.st-contained.st-clamp', {}, session.notes) : null,
      session.deleted_at ? null : sharingLine(session, who, may, on), actions(session, who, may, on)), panel);
}

function actions(session, who, may, on) {
  const id = encodeURIComponent(session.id);
  if (session.deleted_at) return el('p.st-itemactions', {}, el('button.st-link', { type: 'button', onclick: on.restore }, 'Restore'));
  return el('p.st-itemactions', {}, may.write ? el('a.st-link', { href: `/?session=${id}` }, 'Work in it') : null,
    session.runs ? el('a.st-link', { href: `/compare?sessions=${id}` }, 'Compare its methods') : null,
    el('a.st-link', { href: `/api/sessions/${id}/export`, download: '' }, 'Export .stz'),
    may.write ? el('button.st-link', { type: 'button', data: { focus: `edit session ${session.id}` }, onclick: on.edit }, 'Edit') : null,
    may.own ? el('button.st-link', { type: 'button', onclick: on.remove }, 'Delete') : null, defaultButton(session, who, may, on));
}
