load('problem_preview').then((client) => client.mount({ element, props, watch }));
