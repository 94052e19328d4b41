import('/client/problem_preview.js').then((client) => client.mount({ element, props, watch }));
