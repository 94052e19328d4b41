import('/client/person_bar.js').then((client) => client.mount({ element }));
