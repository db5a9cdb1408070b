// An emulated link, for kernels without netem: two TUN devices, and the IP packets written to one
// come out of the other after half the round trip, through a bottleneck with a drop-tail queue, some
// of them lost. TCP and UDP alike; no segmentation offload across it.
//
// usage: tun_net DEVICE_A DEVICE_B RTT_MS LOSS_PERCENT MBIT_PER_SECOND QUEUE_BYTES
// Says READY once both devices exist, and ends when its standard input does, so that no emulator
// outlives whoever started it. A direction is a thread, and takes up to a core at 1 Gbit/s.
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define PACKET_BYTES 1536  // an Ethernet's 1,500 and to spare
#define SLOTS 65536        // packets on their way at once: 100 MB, 0.8 s at 1 Gbit/s
#define BATCH 64           // packets read before the due ones are let out
#define NS 1000000000ull

typedef struct {
  int in, out;
  double loss_ratio, bits_per_second;
  uint64_t delay_ns;
  long queue_bytes;
  uint64_t random;
  uint64_t head, tail;  // slots written, slots let out
  uint64_t free_at_ns;  // when the bottleneck has sent all it was given
  unsigned char (*packets)[PACKET_BYTES];
  uint16_t *bytes;
  uint64_t *due_ns;
} direction;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

// xorshift64 (Marsaglia 2003), 0 to 1: a run loses the same packets as the one before.
static double draw(direction *d) {
  d->random ^= d->random << 13;
  d->random ^= d->random >> 7;
  d->random ^= d->random << 17;
  return (double)(d->random >> 11) / 9007199254740992.0;
}

static void let_out(direction *d) {
  for (uint64_t t = now_ns(); d->tail < d->head && d->due_ns[d->tail % SLOTS] <= t; d->tail++) {
    uint64_t slot = d->tail % SLOTS;
    if (write(d->out, d->packets[slot], d->bytes[slot]) < 0) continue;  // no room there: lost
  }
}

// Takes one packet. Returns 0 if there is none.
static int take_in(direction *d) {
  static __thread unsigned char spare[PACKET_BYTES];
  int is_full = d->head - d->tail >= SLOTS;
  uint64_t slot = d->head % SLOTS;
  ssize_t n = read(d->in, is_full ? spare : d->packets[slot], PACKET_BYTES);
  if (n <= 0) return 0;
  if (is_full || (d->loss_ratio > 0 && draw(d) < d->loss_ratio)) return 1;
  uint64_t t = now_ns();
  if (d->free_at_ns < t) d->free_at_ns = t;
  double queued_bytes = (double)(d->free_at_ns - t) * d->bits_per_second / 8 / NS;
  if (queued_bytes + n > d->queue_bytes) return 1;
  d->free_at_ns += (uint64_t)(n * 8.0 * NS / d->bits_per_second);
  d->due_ns[slot] = d->free_at_ns + d->delay_ns;
  d->bytes[slot] = (uint16_t)n;
  d->head++;
  return 1;
}

static void wait_for_more(direction *d) {
  struct timespec wait = {1, 0};
  if (d->tail < d->head) {
    uint64_t due = d->due_ns[d->tail % SLOTS], t = now_ns(), left = due > t ? due - t : 0;
    wait.tv_sec = (time_t)(left / NS);
    wait.tv_nsec = (long)(left % NS);
  }
  struct pollfd readable = {d->in, POLLIN, 0};
  ppoll(&readable, 1, &wait, NULL);
}

static void *run(void *argument) {
  direction *d = argument;
  prctl(PR_SET_TIMERSLACK, 1);
  for (;;) {
    let_out(d);
    int taken = 0;
    while (taken < BATCH && take_in(d)) taken++;
    if (taken == 0) wait_for_more(d);
  }
}

static int open_device(const char *name) {
  int file = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  struct ifreq request;
  memset(&request, 0, sizeof request);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (file < 0 || ioctl(file, TUNSETIFF, &request) < 0) {
    perror(name);
    exit(1);
  }
  return file;
}

static void start(int in, int out, char **arguments, uint64_t seed) {
  direction *d = calloc(1, sizeof *d);
  d->in = in;
  d->out = out;
  d->delay_ns = (uint64_t)(atof(arguments[3]) / 2 * 1e6);
  d->loss_ratio = atof(arguments[4]) / 100;
  d->bits_per_second = atof(arguments[5]) * 1e6;
  d->queue_bytes = atol(arguments[6]);
  d->random = seed;
  d->packets = malloc((size_t)SLOTS * PACKET_BYTES);
  d->bytes = malloc(SLOTS * sizeof *d->bytes);
  d->due_ns = malloc(SLOTS * sizeof *d->due_ns);
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, d) != 0) exit(1);
}

int main(int count, char **arguments) {
  if (count != 7) {
    fprintf(stderr, "usage: tun_net DEVICE_A DEVICE_B RTT_MS LOSS_PERCENT MBIT QUEUE_BYTES\n");
    return 2;
  }
  int a = open_device(arguments[1]), b = open_device(arguments[2]);
  start(a, b, arguments, 0x9E3779B97F4A7C15ull);
  start(b, a, arguments, 0xD1B54A32D192ED03ull);
  puts("READY");
  fflush(stdout);
  char ignored[64];
  while (read(STDIN_FILENO, ignored, sizeof ignored) > 0) continue;
  return 0;
}
