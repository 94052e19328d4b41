load('notice').then((client) => client.mount({ element, props, watch }));
