// The lists of sessions and runs: what is shown, searched for and edited; fetches pages from the server.

import { el, fetchJson, fill, keepingFocus } from './dom.js';
import { EditPanel } from './library_edit.js';
import { filterChips, Pager } from './library_filters.js';
import { runRow } from './library_run.js';
import { Selection } from './library_selection.js';
import { sessionRow } from './library_session.js';
import { methodTitles } from './methods.js';
import { whoAsks } from './person.js';
import { Toast } from './toast.js';

const PERSONAL = { by_hand: 'By hand' }; // what no method does
const PAGE = 30;
const SESSIONS = 100;
const PAUSE = 200; // milliseconds without typing before a search

/** Start the component: called once by js_on_load. */
export function mount({ element, props, trigger, watch }) {
  const view = new LibraryView(element, trigger);
  const take = () => view.take(props.value || {});
  watch('value', take);
  take();
}

class LibraryView {
  constructor(element, trigger) {
    this.element = element;
    this.trigger = trigger;
    this.query = { text: '', session: null, tag: '', deleted: false, offset: 0 };
    this.editor = null; // {key, node}: kept over redraws, so that nothing typed is lost
    this.selection = new Selection();
    this.toast = new Toast();
    this.root = element.querySelector('.st-library-view');
    this.build();
    methodTitles().catch(() => new Map()).then((titles) => { this.titles = titles; this.load(); });
  }

  build() {
    this.search = el('input', { type: 'search', placeholder: 'Search questions, answers, names and notes', ariaLabel: 'Search runs and sessions', oninput: () => this.typed() });
    this.deleted = el('button.st-toggle', { type: 'button', ariaPressed: 'false', onclick: () => this.change({ deleted: !this.query.deleted }) }, 'Deleted');
    this.filters = el('div.st-filters');
    this.sessions = el('ul');
    this.runs = el('ul.st-runlist');
    this.pager = new Pager(PAGE, (offset) => this.change({ offset }));
    this.error = el('p.st-error', { role: 'alert' });
    fill(this.root, el('div.st-bar', { role: 'search' }, this.search, this.deleted, this.selection.node), this.filters, this.error,
      el('div.st-shelves', {},
        el('section.st-sessions', { ariaLabel: 'Sessions' }, el('h3', {}, 'Sessions'), this.sessions),
        el('section', { ariaLabel: 'Runs' }, el('h3', {}, 'Runs'), this.runs, this.pager.node)),
      this.toast.node);
  }

  /** Take a value from Python: the session to narrow to, or just that something changed. */
  take({ session = null }) {
    if (session !== this.query.session) this.query = { ...this.query, session, offset: 0 };
    if (this.titles) this.load();
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.change({ text: this.search.value }), PAUSE);
  }

  change(query) {
    this.query = { ...this.query, offset: 0, ...query };
    this.load();
  }

  async load() {
    this.abort?.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    const { text, deleted } = this.query;
    try {
      const [who, runs, sessions] = await Promise.all([
        whoAsks(signal),
        fetchJson(`/api/library?${parameters({ ...this.query, limit: PAGE })}`, signal),
        fetchJson(`/api/library/sessions?${parameters({ text, deleted, limit: SESSIONS })}`, signal),
      ]);
      this.error.textContent = '';
      this.pages = { who, runs, sessions };
      this.draw();
      this.element.dataset.loaded = String(Number(this.element.dataset.loaded || 0) + 1);
    } catch (error) {
      if (error.name !== 'AbortError') this.error.textContent = `The library cannot be read: ${error.message}`;
    }
  }

  draw() {
    keepingFocus(this.root, () => this.redraw());
  }

  redraw() {
    const { runs, sessions } = this.pages;
    const more = sessions.total - sessions.items.length;
    this.deleted.ariaPressed = String(this.query.deleted);
    fill(this.sessions, ...sessions.items.map((session) => this.sessionItem(session)),
      sessions.items.length ? null : el('li.st-dim', {}, this.query.deleted ? 'No session is deleted.' : 'No session matches.'),
      more > 0 ? el('li.st-dim', {}, `${more.toLocaleString('en')} older sessions: search to find them.`) : null);
    fill(this.runs, ...runs.items.map((run) => this.runItem(run)), runs.items.length ? null : el('li.st-empty', {}, this.emptyText()));
    fill(this.filters, ...filterChips(this.query, sessions.items, { session: () => this.allSessions(), tag: () => this.change({ tag: '' }) }));
    this.pager.draw(this.query.offset, runs.total);
  }

  emptyText() {
    if (this.query.deleted) return 'No run is deleted.';
    return this.query.text || this.query.session || this.query.tag ? 'No run matches.' : 'No runs yet. Ask something on the Explore page.';
  }

  sessionItem(session) {
    const on = {
      pick: () => this.pickSession(session.id), edit: () => this.edit('session', session),
      remove: (event) => this.remove(event, 'session', session.id, session.name), restore: () => this.trigger('restore', { kind: 'session', id: session.id }),
      share: (sharing) => this.trigger('set_sharing', { id: session.id, sharing }), byDefault: (chosen) => this.trigger('set_default', { id: session.id, chosen }),
    };
    return sessionRow(session, session.id === this.query.session, this.pages.who, on, this.panel('session', session));
  }

  runItem(run) {
    const on = {
      edit: () => this.edit('run', run), remove: (event) => this.remove(event, 'run', run.id, run.name || run.question),
      restore: () => this.trigger('restore', { kind: 'run', id: run.id }),
      select: (chosen) => this.selection.set(run, chosen), tag: (tag) => this.change({ tag }),
    };
    const title = run.branch ? 'Branch' : this.titles.get(run.method) || PERSONAL[run.method] || run.method;
    return runRow(run, title, this.selection.has(run.id), on, this.panel('run', run));
  }

  pickSession(id) {
    this.change({ session: id });
    this.trigger('open_session', { id });
  }

  allSessions() {
    const url = new URL(location.href);
    url.searchParams.delete('session'); // where Python reads which session the lists are narrowed to
    history.pushState(null, '', url);
    this.change({ session: null });
  }

  /* Editing and deleting; Python answers with a new value, which loads the lists again. */

  panel(kind, item) {
    return this.editor?.key === `${kind} ${item.id}` ? this.editor.node : null;
  }

  edit(kind, item) {
    const key = `${kind} ${item.id}`;
    if (this.editor?.key === key) { this.closeEditor(); return; }
    const save = (event, change) => this.trigger(event, { kind, id: item.id, ...change });
    this.editor = { key, node: new EditPanel(item, save, () => this.closeEditor()).node };
    this.draw();
    this.editor.node.querySelector('input').focus();
  }

  closeEditor() {
    const { key } = this.editor;
    this.editor = null;
    this.draw();
    this.root.querySelector(`[data-focus="${CSS.escape(`edit ${key}`)}"]`)?.focus({ preventScroll: true });
  }

  remove(event, kind, id, name) {
    this.selection.drop(id);
    this.trigger('delete', { kind, id });
    const byKey = event.detail === 0; // a click that no pointer made
    this.toast.show(`Deleted ${kind} “${name.slice(0, 60)}”.`, 'Undo', () => this.trigger('restore', { kind, id }), byKey ? this.search : null);
  }
}

function parameters(values) {
  const kept = Object.entries(values).filter(([, value]) => value !== null && value !== '' && value !== false);
  return new URLSearchParams(kept.map(([name, value]) => [name, String(value)]));
}
