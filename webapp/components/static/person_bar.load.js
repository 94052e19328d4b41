load('person_bar').then((client) => client.mount({ element }));
