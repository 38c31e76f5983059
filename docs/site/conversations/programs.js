// The conversations of the site's picture: a server and a client. Arguments are for node, below the root.

const example = name => `build/programs/examples/${name}.js`
const command = ['bin/bsd-sockets.js']

export const programs = {
  'echo-blocking': {
    title: 'Echo, one client after the other',
    server: [example('echo-server'), '0'],
    client: port => [example('echo-message-client'), '--port', port],
  },
  'echo-epoll': {
    title: 'Echo, by epoll',
    server: [...command, 'echo', '--mode', 'epoll', '--port', '0'],
    client: port => [example('echo-message-client'), '--port', port],
  },
  http: {
    title: 'HTTP, by epoll',
    server: [...command, 'http', '--mode', 'epoll', '--port', '0'],
    client: port => [example('howto-client'), '127.0.0.1', '--port', port],
  },
}
