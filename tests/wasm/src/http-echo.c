// An HTTP server that sends back what it is sent, a client for it, and the same over UDP. Built as a guest and, for
// comparison, natively:  cc -O2 http-echo.c
//
//   http-echo serve 4|6 PORT REQUESTS       serves many connections at once until it has answered so many requests
//   http-echo ask 4|6 PORT REQUESTS TEXT    sends requests over one connection and checks the answers
//   http-echo serve-udp 4|6 PORT MESSAGES   the same with datagrams
//   http-echo ask-udp 4|6 PORT MESSAGES TEXT
//
// Everything is on loopback. Port 0 takes a free one; servers print the port they have.
#include <stdio.h>

#include "net.h"

enum { MOST = 64, ROOM = 8192 };

typedef struct {
  int fd;
  size_t len;
  char bytes[ROOM];
} connection;

static _Noreturn void fail(const char *what) {
  fprintf(stderr, "http-echo: %s failed\n", what);
  exit(1);
}

static net_address loopback(int v6, int port) {
  net_address a = {.v6 = v6, .port = port};
  if (v6)
    a.ip[15] = 1;
  else
    a.ip[0] = 127, a.ip[3] = 1;
  return a;
}

static int bound(int v6, int port, int stream) {
  int fd = net_open(v6, stream);
  net_address a = loopback(v6, port);
  if (fd < 0) fail("open");
  if (net_bind(fd, &a)) fail("bind");
  if (stream && net_listen(fd)) fail("listen");
  printf("port %d\n", net_port(fd));
  fflush(stdout);
  return fd;
}

static void send_all(int fd, const char *bytes, size_t len) {
  while (len) {
    long n = net_send(fd, bytes, len);
    if (n < 0) fail("send");
    bytes += n;
    len -= n;
  }
}

// Length of a message with its head, if all of it is there; sets where the body begins.
static size_t complete(char *bytes, size_t len, size_t *body) {
  bytes[len] = 0;
  char *end = strstr(bytes, "\r\n\r\n");
  if (!end) return 0;
  *body = end + 4 - bytes;
  char *field = strstr(bytes, "Content-Length: ");
  size_t size = field && field < end ? strtoul(field + 16, NULL, 10) : 0;
  return *body + size <= len ? *body + size : 0;
}

// Answers what has come; whether the connection goes on.
static int answer(connection *c, long *left) {
  long n = net_recv(c->fd, c->bytes + c->len, ROOM - 1 - c->len);
  if (n <= 0) return 0;
  c->len += n;
  size_t body, size;
  while (*left && (size = complete(c->bytes, c->len, &body))) {
    char reply[ROOM + 100];
    int head = snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size - body);
    memcpy(reply + head, c->bytes + body, size - body);
    send_all(c->fd, reply, head + size - body);
    c->len -= size;
    memmove(c->bytes, c->bytes + size, c->len);
    --*left;
  }
  return c->len < ROOM - 1;
}

static void serve(int v6, int port, long left) {
  static connection open[MOST];
  int fds[MOST + 1], count = 0;
  char ready[MOST + 1];
  int listener = bound(v6, port, 1);
  while (left) {
    for (int i = 0; i < count; i++) fds[i] = open[i].fd;
    fds[count] = listener;
    if (net_wait(fds, count < MOST ? count + 1 : count, ready)) fail("wait");
    int accepts = count < MOST && ready[count];
    for (int i = count - 1; i >= 0; i--)
      if (ready[i] && !answer(&open[i], &left)) {
        close(open[i].fd);
        open[i] = open[--count];
      }
    if (accepts) {
      int fd = net_accept(listener);
      if (fd < 0) fail("accept");
      open[count].fd = fd;
      open[count++].len = 0;
    }
  }
}

static void ask(int v6, int port, long requests, const char *text) {
  char request[ROOM], reply[ROOM + 1];
  size_t size = strlen(text);
  int len = snprintf(request, sizeof request, "POST / HTTP/1.1\r\nHost: guest\r\nContent-Length: %zu\r\n\r\n%s", size, text);
  int fd = net_open(v6, 1);
  net_address a = loopback(v6, port);
  if (fd < 0) fail("open");
  if (net_connect(fd, &a)) fail("connect");
  for (long i = 0; i < requests; i++) {
    size_t got = 0, body = 0;
    send_all(fd, request, len);
    while (!complete(reply, got, &body)) {
      long n = net_recv(fd, reply + got, ROOM - got);
      if (n <= 0) fail("receive");
      got += n;
    }
    if (memcmp(reply, "HTTP/1.1 200 OK\r\n", 17) || got != body + size || memcmp(reply + body, text, size)) fail("answer");
  }
  printf("%ld answers\n", requests);
}

static void serve_udp(int v6, int port, long left) {
  char bytes[ROOM];
  int fd = bound(v6, port, 0);
  while (left--) {
    net_address peer;
    long n = net_recv_from(fd, bytes, sizeof bytes, &peer);
    if (n < 0) fail("receive");
    if (net_send_to(fd, bytes, n, &peer) != n) fail("send");
  }
}

static void ask_udp(int v6, int port, long messages, const char *text) {
  char bytes[ROOM];
  long size = strlen(text);
  int fd = net_open(v6, 0);
  net_address to = loopback(v6, port), from;
  if (fd < 0) fail("open");
  for (long i = 0; i < messages; i++) {
    if (net_send_to(fd, text, size, &to) != size) fail("send");
    if (net_recv_from(fd, bytes, sizeof bytes, &from) != size || memcmp(bytes, text, size)) fail("answer");
    if (from.port != to.port || memcmp(from.ip, to.ip, v6 ? 16 : 4)) fail("sender");
  }
  printf("%ld answers\n", messages);
}

int main(int argc, char **argv) {
  if (argc < 5) fail("reading the arguments");
  int v6 = argv[2][0] == '6', port = atoi(argv[3]);
  long count = atol(argv[4]);
  const char *text = argc > 5 ? argv[5] : "";
  if (!strcmp(argv[1], "serve"))
    serve(v6, port, count);
  else if (!strcmp(argv[1], "ask"))
    ask(v6, port, count, text);
  else if (!strcmp(argv[1], "serve-udp"))
    serve_udp(v6, port, count);
  else if (!strcmp(argv[1], "ask-udp"))
    ask_udp(v6, port, count, text);
  else
    fail("reading the command");
}
