// Events: 'token_branch', 'run_done', 'judge_run', 'correct_text'
load('run_view').then((client) => client.mount({ element, props, trigger, watch }));
