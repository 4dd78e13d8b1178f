// Sockets for guests and for native programs under the same names: WasmEdge's imports on one side, POSIX on the other.
// Every function returns -1 when it fails.
#ifndef NET_H
#define NET_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// An address of either family, in network order, and a port.
typedef struct {
  int v6;
  uint8_t ip[16];
  uint16_t port;
} net_address;

#ifdef __wasm__

#include <unistd.h>
#include <wasi/api.h>

#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))
typedef struct {
  uint8_t *buf;
  uint32_t len;
} net_buffer;

int32_t wasmedge_open(int32_t, int32_t, int32_t *) IMPORT("sock_open");
int32_t wasmedge_bind(int32_t, net_buffer *, int32_t) IMPORT("sock_bind");
int32_t wasmedge_listen(int32_t, int32_t) IMPORT("sock_listen");
int32_t wasmedge_accept(int32_t, int32_t *) IMPORT("sock_accept");
int32_t wasmedge_connect(int32_t, net_buffer *, int32_t) IMPORT("sock_connect");
int32_t wasmedge_recv(int32_t, net_buffer *, int32_t, int32_t, uint32_t *, uint16_t *) IMPORT("sock_recv");
int32_t wasmedge_recv_from(int32_t, net_buffer *, int32_t, net_buffer *, int32_t, uint32_t *, uint32_t *, uint16_t *)
    IMPORT("sock_recv_from_v2");
int32_t wasmedge_send(int32_t, net_buffer *, int32_t, int32_t, uint32_t *) IMPORT("sock_send");
int32_t wasmedge_send_to(int32_t, net_buffer *, int32_t, net_buffer *, int32_t, int32_t, uint32_t *)
    IMPORT("sock_send_to");
int32_t wasmedge_local(int32_t, net_buffer *, uint32_t *, uint32_t *) IMPORT("sock_getlocaladdr");

static net_buffer raw(net_address *a) { return (net_buffer){a->ip, a->v6 ? 16 : 4}; }

static int net_open(int v6, int stream) {
  int32_t fd;
  return wasmedge_open(v6 ? 2 : 1, stream ? 2 : 1, &fd) ? -1 : fd;
}

static int net_bind(int fd, net_address *a) {
  net_buffer to = raw(a);
  return wasmedge_bind(fd, &to, a->port) ? -1 : 0;
}

static int net_listen(int fd) { return wasmedge_listen(fd, 128) ? -1 : 0; }

static int net_accept(int fd) {
  int32_t new;
  return wasmedge_accept(fd, &new) ? -1 : new;
}

static int net_connect(int fd, net_address *a) {
  net_buffer to = raw(a);
  return wasmedge_connect(fd, &to, a->port) ? -1 : 0;
}

static long net_recv(int fd, void *buf, size_t len) {
  net_buffer into = {buf, len};
  uint32_t n;
  uint16_t flags;
  return wasmedge_recv(fd, &into, 1, 0, &n, &flags) ? -1 : (long)n;
}

static long net_send(int fd, const void *buf, size_t len) {
  net_buffer from = {(uint8_t *)buf, len};
  uint32_t n;
  return wasmedge_send(fd, &from, 1, 0, &n) ? -1 : (long)n;
}

static long net_recv_from(int fd, void *buf, size_t len, net_address *peer) {
  net_buffer into = {buf, len};
  uint8_t bytes[128];
  net_buffer address = {bytes, sizeof bytes};
  uint32_t port, n;
  uint16_t flags;
  if (wasmedge_recv_from(fd, &into, 1, &address, 0, &port, &n, &flags)) return -1;
  peer->v6 = bytes[0] == 2;
  memcpy(peer->ip, bytes + 2, 16);
  peer->port = port;
  return n;
}

static long net_send_to(int fd, const void *buf, size_t len, net_address *peer) {
  net_buffer from = {(uint8_t *)buf, len}, to = raw(peer);
  uint32_t n;
  return wasmedge_send_to(fd, &from, 1, &to, peer->port, 0, &n) ? -1 : (long)n;
}

static int net_port(int fd) {
  uint8_t bytes[16];
  net_buffer address = {bytes, sizeof bytes};
  uint32_t family, port;
  return wasmedge_local(fd, &address, &family, &port) ? -1 : (int)port;
}

// Waits until some of these can be read; sets `ready` for each that can.
static int net_wait(const int *fds, int count, char *ready) {
  static __wasi_subscription_t subscriptions[128];
  static __wasi_event_t events[128];
  for (int i = 0; i < count; i++) {
    ready[i] = 0;
    subscriptions[i].userdata = i;
    subscriptions[i].u.tag = __WASI_EVENTTYPE_FD_READ;
    subscriptions[i].u.u.fd_read.file_descriptor = fds[i];
  }
  __wasi_size_t n;
  if (__wasi_poll_oneoff(subscriptions, events, count, &n)) return -1;
  for (__wasi_size_t i = 0; i < n; i++) ready[events[i].userdata] = 1;
  return 0;
}

#else

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

typedef union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} sockaddrs;

static socklen_t native(net_address *a, sockaddrs *s) {
  memset(s, 0, sizeof *s);
  if (a->v6) {
    s->v6.sin6_family = AF_INET6;
    s->v6.sin6_port = htons(a->port);
    memcpy(&s->v6.sin6_addr, a->ip, 16);
    return sizeof s->v6;
  }
  s->v4.sin_family = AF_INET;
  s->v4.sin_port = htons(a->port);
  memcpy(&s->v4.sin_addr, a->ip, 4);
  return sizeof s->v4;
}

static int net_open(int v6, int stream) { return socket(v6 ? AF_INET6 : AF_INET, stream ? SOCK_STREAM : SOCK_DGRAM, 0); }

static int net_bind(int fd, net_address *a) {
  sockaddrs s;
  socklen_t len = native(a, &s);
  return bind(fd, &s.any, len);
}

static int net_listen(int fd) { return listen(fd, 128); }
static int net_accept(int fd) { return accept(fd, NULL, NULL); }

static int net_connect(int fd, net_address *a) {
  sockaddrs s;
  socklen_t len = native(a, &s);
  return connect(fd, &s.any, len);
}

static long net_recv(int fd, void *buf, size_t len) { return recv(fd, buf, len, 0); }
static long net_send(int fd, const void *buf, size_t len) { return send(fd, buf, len, MSG_NOSIGNAL); }

static long net_recv_from(int fd, void *buf, size_t len, net_address *peer) {
  sockaddrs s;
  socklen_t size = sizeof s;
  long n = recvfrom(fd, buf, len, 0, &s.any, &size);
  peer->v6 = s.any.sa_family == AF_INET6;
  memcpy(peer->ip, peer->v6 ? (void *)&s.v6.sin6_addr : (void *)&s.v4.sin_addr, peer->v6 ? 16 : 4);
  peer->port = ntohs(peer->v6 ? s.v6.sin6_port : s.v4.sin_port);
  return n;
}

static long net_send_to(int fd, const void *buf, size_t len, net_address *peer) {
  sockaddrs s;
  socklen_t size = native(peer, &s);
  return sendto(fd, buf, len, MSG_NOSIGNAL, &s.any, size);
}

static int net_port(int fd) {
  sockaddrs s;
  socklen_t size = sizeof s;
  if (getsockname(fd, &s.any, &size)) return -1;
  return ntohs(s.any.sa_family == AF_INET6 ? s.v6.sin6_port : s.v4.sin_port);
}

static int net_wait(const int *fds, int count, char *ready) {
  struct pollfd polled[128];
  for (int i = 0; i < count; i++) polled[i] = (struct pollfd){fds[i], POLLIN, 0};
  if (poll(polled, count, -1) < 0) return -1;
  for (int i = 0; i < count; i++) ready[i] = polled[i].revents != 0;
  return 0;
}

#endif
#endif
