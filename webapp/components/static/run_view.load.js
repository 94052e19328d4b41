// Events: 'token_branch', 'run_done', 'judge_run'
import('/client/run_view.js').then((client) => client.mount({ element, props, trigger, watch }));
