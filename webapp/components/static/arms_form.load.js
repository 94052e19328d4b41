load('arms_form').then((client) => client.mount({ element, props, watch }));
