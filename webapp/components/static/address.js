// Keeps what the page shows in its address, so that a reload, a bookmark and the Back button find it again.

const COMPARED = ['sessions', 'experiment', 'unit', 'of', 'score', 'differ', 'side', 'step', 'from']; // of the Compare page

/** Start the component: called once by js_on_load. */
export function mount({ props, trigger, watch }) {
  watch('value', () => put(props.value));
  addEventListener('popstate', () => trigger('moved', {}));
}

function put(value) {
  if (!value || !Array.isArray(value.runs)) return;
  const { runs = [], session = null, sessions = [], replace = false } = value;
  const url = new URL(location.href);
  for (const name of ['run', 'runs', 'session']) url.searchParams.delete(name);
  if (runs.length || sessions.length) for (const name of COMPARED) url.searchParams.delete(name);
  if (sessions.length) url.searchParams.set('sessions', sessions.join(','));
  if (runs.length) url.searchParams.delete('method'); // what was asked to be tried has been
  if (runs.length) url.searchParams.set(runs.length === 1 ? 'run' : 'runs', runs.join(','));
  if (session) url.searchParams.set('session', session);
  const address = url.href.replaceAll('%2C', ',');
  if (address !== location.href) history[replace ? 'replaceState' : 'pushState'](null, '', address);
}
