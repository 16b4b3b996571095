import { WebSocketServer } from 'ws';

// The floor: rooms by path, and what one says goes as it is to all of them. Nothing is stored, numbered, checked or limited.
const rooms = new Map<string, Set<import('ws').WebSocket>>();
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket, request) => {
  const name = request.url ?? '';
  const room = rooms.get(name) ?? new Set();
  rooms.set(name, room.add(socket));
  socket.on('message', (data: Buffer) => {
    for (const one of room) one.send(data, { binary: false });
  });
  socket.on('close', () => room.delete(socket));
});
server.on('listening', () => console.log(JSON.stringify(server.address())));
