// Where the calls of a run stand in a picture: a column a step, a lane a branch.

const LANES = 6; // branches that are drawn; of more, the first and the last ones and the chosen one

/**
 * Lay out calls `{id, branch, parents, ...}` in order of time. Returns `{placed, edges, columns, rows, hidden}`: each
 * call that is drawn with its column (1 and up: a step later than the last of its parents) and row, pairs of ids, and
 * how many branches are left out.
 */
export function layout(calls, chosen) {
  const all = [...new Set(calls.map((call) => call.branch))].sort((a, b) => a - b);
  const kept = new Set(keptBranches(all, calls.find((call) => call.id === chosen)?.branch));
  const shown = calls.filter((call) => kept.has(call.branch));
  const columns = depths(shown);
  const placed = new Map();
  let rows = 0;
  for (const branch of [...kept].sort((a, b) => a - b)) {
    const lane = shown.filter((call) => call.branch === branch);
    const used = new Map(); // rows of this lane that are taken, by column
    for (const call of lane) {
      const column = columns.get(call.id);
      const place = used.get(column) || 0;
      used.set(column, place + 1);
      placed.set(call.id, { call, column, row: rows + place });
    }
    rows += Math.max(...used.values());
  }
  const edges = shown.flatMap((call) => call.parents.filter((parent) => placed.has(parent)).map((parent) => [parent, call.id]));
  return { placed, edges, columns: Math.max(0, ...columns.values()), rows, hidden: all.length - kept.size };
}

function keptBranches(all, chosen) {
  if (all.length <= LANES) return all;
  const ends = [...all.slice(0, LANES - 2), ...all.slice(-2)];
  return chosen === undefined || ends.includes(chosen) ? ends : [...ends.slice(0, LANES - 3), chosen, ...ends.slice(-2)];
}

/** The step of each call: one after the last of its parents; parents come before their children. */
function depths(calls) {
  const depth = new Map();
  for (const { id, parents } of calls) depth.set(id, 1 + Math.max(0, ...parents.map((parent) => depth.get(parent) ?? 0)));
  return depth;
}
