// What is known of a run, built from its events (webapp/events.py is the contract).

const COLUMNS = ['entropy', 'logprob', 'sampled_logprob', 'self_certainty', 'candidates', 'alternatives', 'seconds'];
const ASCII = /^[\x00-\x7f]*$/;
const encoder = new TextEncoder();

/** An empty run. `generations` keeps the order in which they began. */
export function newRun(id) {
  return { id, opened: null, progress: null, generations: new Map(), scores: [], finished: null };
}

function newGeneration(event) {
  return {
    ...event, id: event.generation, ids: [], text: [], special: [], origin: [], offsets: [0], finished: null,
    entropyIsLowerBound: false, ...Object.fromEntries(COLUMNS.map((name) => [name, []])),
  };
}

/** Apply one event to a run; returns the generation it is about, if any. */
export function apply(run, event) {
  switch (event.type) {
    case 'run_opened': run.opened = event; return null;
    case 'run_progress': run.progress = event; return null;
    case 'run_finished': run.finished = event; return null;
    case 'score_added': run.scores.push(event); return run.generations.get(event.generation) || null;
    case 'generation_started': {
      const generation = newGeneration(event);
      run.generations.set(generation.id, generation);
      return generation;
    }
    case 'tokens': return addTokens(run.generations.get(event.generation), event);
    case 'generation_finished': {
      const generation = run.generations.get(event.generation);
      generation.finished = event;
      return generation;
    }
    default: throw new Error(`unknown run event ${event.type}`);
  }
}

function addTokens(generation, event) {
  const known = generation.ids.length - event.start;
  if (known < 0) throw new Error(`tokens ${generation.ids.length} to ${event.start} of ${generation.id} are missing`);
  const special = new Set(event.special);
  for (let i = known; i < event.ids.length; i += 1) {
    generation.ids.push(event.ids[i]);
    generation.text.push(event.text[i]);
    generation.special.push(special.has(i));
    generation.origin.push(event.origin || 'model');
    generation.offsets.push(generation.offsets.at(-1) + (special.has(i) ? 0 : bytes(event.text[i])));
    for (const name of COLUMNS) generation[name].push(event[name] ? event[name][i] : null);
  }
  generation.entropyIsLowerBound ||= event.entropy_is_lower_bound;
  return generation;
}

/** The length of a text in UTF-8 bytes. */
export function bytes(text) {
  return ASCII.test(text) ? text.length : encoder.encode(text).length;
}

/** Everything about one token of a generation, by index. */
export function token(generation, index) {
  const at = Object.fromEntries(COLUMNS.map((name) => [name, generation[name][index]]));
  return {
    ...at, index, id: generation.ids[index], text: generation.text[index], special: generation.special[index],
    origin: generation.origin[index], start: generation.offsets[index], end: generation.offsets[index + 1],
    entropyIsLowerBound: generation.entropyIsLowerBound,
  };
}

/** The generations of a run by branch: [[branch, [generation, ...]], ...] in order of branch and time. */
export function branches(run) {
  const lanes = new Map();
  const ordered = [...run.generations.values()].sort((a, b) => a.branch - b.branch || a.ordinal - b.ordinal);
  for (const generation of ordered) {
    if (!lanes.has(generation.branch)) lanes.set(generation.branch, []);
    lanes.get(generation.branch).push(generation);
  }
  return [...lanes.entries()];
}

/** The last draft or revision of a branch that was not dropped: what it answers. */
export function answering(generations) {
  const dropped = (g) => g.finished?.finish_reason === 'pruned';
  return generations.findLast((g) => (g.role === 'draft' || g.role === 'revision') && !dropped(g)) || generations.at(-1);
}

/** The draft or revision that a revision changes, or null. */
export function revised(run, generation) {
  if (generation.role !== 'revision') return null;
  const before = generation.parents
    .map((id) => run.generations.get(id))
    .filter((g) => g && (g.role === 'draft' || g.role === 'revision'));
  return before.reduce((best, g) => (!best || g.ordinal > best.ordinal ? g : best), null);
}
