// The lists of sessions and runs: what is shown, searched for and selected; fetches pages from the server.

import { el, fetchJson, fill, plural } from './dom.js';
import { EditPanel } from './library_edit.js';
import { runRow } from './library_run.js';
import { sessionRow } from './library_session.js';
import { methodTitles } from './methods.js';
import { Toast } from './toast.js';

const PAGE = 30;
const SESSIONS = 100;
const PAUSE = 200; // milliseconds without typing before a search
const MOST = 4; // runs that can be compared

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
    this.selected = new Map();
    this.editing = null;
    this.toast = new Toast();
    this.build(element.querySelector('.st-library-view'));
    methodTitles().then((titles) => { this.titles = titles; this.load(); });
  }

  build(root) {
    this.search = el('input', { type: 'search', placeholder: 'Search questions, answers, names and notes', ariaLabel: 'Search runs and sessions', oninput: () => this.typed() });
    this.deleted = el('button.st-toggle', { type: 'button', ariaPressed: 'false', onclick: () => this.change({ deleted: !this.query.deleted }) }, 'Deleted');
    this.compare = el('a.st-button.st-compare', { href: '#' });
    this.filters = el('div.st-filters');
    this.sessions = el('ul');
    this.runs = el('ul.st-runlist');
    this.pager = el('nav.st-pager', { ariaLabel: 'Pages' });
    this.error = el('p.st-error', { role: 'alert' });
    fill(root, el('div.st-bar', { role: 'search' }, this.search, this.deleted, this.compare), this.filters, this.error,
      el('div.st-shelves', {},
        el('section.st-sessions', { ariaLabel: 'Sessions' }, el('h3', {}, 'Sessions'), this.sessions),
        el('section', { ariaLabel: 'Runs' }, el('h3', {}, 'Runs'), this.runs, this.pager)),
      this.toast.node);
    this.drawSelection();
  }

  /** Take a value from Python: the session to narrow to, or just that something changed. */
  take({ session = null }) {
    if (session !== this.query.session) this.query = { ...this.query, session, offset: 0 };
    this.editing = null;
    if (this.titles) this.load();
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.change({ text: this.search.value }), PAUSE);
  }

  change(query) {
    this.query = { ...this.query, offset: 0, ...query };
    this.editing = null;
    this.load();
  }

  async load() {
    this.abort?.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    try {
      const [runs, sessions] = await Promise.all([
        fetchJson(`/api/library?${parameters({ ...this.query, limit: PAGE })}`, signal),
        fetchJson(`/api/library/sessions?${parameters({ text: this.query.text, limit: SESSIONS })}`, signal),
      ]);
      this.error.textContent = '';
      this.pages = { runs, sessions };
      this.draw();
      this.element.dataset.loaded = String(Number(this.element.dataset.loaded || 0) + 1);
    } catch (error) {
      if (error.name !== 'AbortError') this.error.textContent = `The library cannot be read: ${error.message}`;
    }
  }

  draw() {
    const { runs, sessions } = this.pages;
    this.deleted.ariaPressed = String(this.query.deleted);
    fill(this.sessions, ...sessions.items.map((session) => this.sessionItem(session)),
      sessions.items.length ? null : el('li.st-dim', {}, 'No session matches.'));
    fill(this.runs, ...runs.items.map((run) => this.runItem(run)), runs.items.length ? null : el('li.st-empty', {}, this.emptyText()));
    this.drawFilters(sessions.items);
    this.drawPager(runs.total);
  }

  emptyText() {
    if (this.query.deleted) return 'Nothing is deleted.';
    return this.query.text || this.query.session || this.query.tag ? 'No run matches.' : 'No runs yet. Ask something on the Explore page.';
  }

  sessionItem(session) {
    const on = {
      pick: () => { this.change({ session: session.id }); this.trigger('open_session', { id: session.id }); },
      edit: () => this.edit('session', session), remove: () => this.remove('session', session.id, session.name),
    };
    return sessionRow(session, session.id === this.query.session, on, this.panel('session', session));
  }

  runItem(run) {
    const on = {
      edit: () => this.edit('run', run), remove: () => this.remove('run', run.id, run.name || run.question),
      restore: () => this.trigger('restore', { kind: 'run', id: run.id }),
      select: (chosen) => this.select(run, chosen), tag: (tag) => this.change({ tag }),
    };
    const title = run.branch ? 'Branch' : this.titles.get(run.method) || run.method;
    return runRow(run, title, this.selected.has(run.id), on, this.panel('run', run));
  }

  /* Selecting for a comparison. */

  select(run, chosen) {
    if (chosen) this.selected.set(run.id, run);
    else this.selected.delete(run.id);
    this.drawSelection();
  }

  drawSelection() {
    const ids = [...this.selected.keys()];
    const questions = new Set([...this.selected.values()].map((run) => run.question));
    const possible = ids.length >= 2 && ids.length <= MOST && questions.size === 1;
    this.compare.href = possible ? `/compare?runs=${ids.map(encodeURIComponent).join(',')}` : '#';
    this.compare.setAttribute('aria-disabled', String(!possible));
    this.compare.tabIndex = possible ? 0 : -1;
    if (!ids.length) this.compare.textContent = 'Compare: tick 2 to 4 runs';
    else if (questions.size > 1) this.compare.textContent = 'Compare: pick runs of one question';
    else this.compare.textContent = `Compare ${plural(ids.length, 'run')}${ids.length > MOST ? `: at most ${MOST}` : ''}`;
  }

  /* Editing and deleting; Python answers with a new value, which loads the lists again. */

  panel(kind, item) {
    if (this.editing !== `${kind} ${item.id}`) return null;
    const save = (event, change) => this.trigger(event, { kind, id: item.id, ...change });
    return new EditPanel(item, save, () => this.edit(kind, item)).node;
  }

  edit(kind, item) {
    const key = `${kind} ${item.id}`;
    this.editing = this.editing === key ? null : key;
    this.draw();
    this.element.querySelector('.st-edit input')?.focus();
  }

  remove(kind, id, name) {
    this.selected.delete(id);
    this.drawSelection();
    this.trigger('delete', { kind, id });
    this.toast.show(`Deleted ${kind} “${name.slice(0, 60)}”.`, 'Undo', () => this.trigger('restore', { kind, id }));
  }

  /* Where one is in the lists. */

  drawFilters(sessions) {
    const { session, tag } = this.query;
    const name = sessions.find((each) => each.id === session)?.name || 'one session';
    const chip = (text, drop) => el('button.st-chip', { type: 'button', ariaLabel: `Remove the filter ${text}`, onclick: drop }, `${text} ×`);
    fill(this.filters, session ? chip(`session: ${name}`, () => { location.href = '/library'; }) : null, tag ? chip(`tag: ${tag}`, () => this.change({ tag: '' })) : null);
  }

  drawPager(total) {
    const { offset } = this.query;
    const to = Math.min(offset + PAGE, total);
    const go = (text, target, possible) => el('button.st-button', { type: 'button', disabled: !possible, onclick: () => this.change({ offset: target }) }, text);
    fill(this.pager, total > PAGE ? go('Newer', Math.max(0, offset - PAGE), offset > 0) : null,
      el('span.st-dim', {}, total ? `${offset + 1}–${to} of ${total.toLocaleString('en')}` : ''), total > PAGE ? go('Older', offset + PAGE, to < total) : null);
  }
}

function parameters(values) {
  const kept = Object.entries(values).filter(([, value]) => value !== null && value !== '' && value !== false);
  return new URLSearchParams(kept.map(([name, value]) => [name, String(value)]));
}
