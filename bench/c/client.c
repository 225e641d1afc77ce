/*
 * client -p PORT -c CLIENTS -s SECONDS -n MOST -q REQUEST -e REPLY
 *
 * Keeps CLIENTS connections to 127.0.0.1:PORT in flight. Each one connects,
 * sends REQUEST and a newline, reads to the end of file, compares what came
 * with REPLY and closes. It starts no new connection after SECONDS or MOST
 * connections, waits for those in flight, and prints one line of key=value
 * pairs; times are microseconds, latency is from connect to end of file.
 *
 * It shares the machine with the server, so it has to be cheap: one thread,
 * one epoll set, and SO_RCVLOWAT one byte above the reply, so that it is woken
 * once per connection, by the end of file.
 *
 * The server closes first, as a service that ends does, which leaves its side
 * of each connection in FIN_WAIT2. Closing with SO_LINGER 0 answers that with a
 * reset instead of a FIN, when every byte and the end of file have been read:
 * nothing is lost, no TIME_WAIT entry is left, and any number of connections
 * can follow one another.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_FAILURES = 1000 };
static const double TIMEOUT = 10e6;

struct conn {
	int fd; /* -1: not in flight */
	int sent;
	double start;
	size_t got;
	char reply[256];
};

static struct sockaddr_in target;
static char request[256];
static const char *expected = "";
static size_t request_len, expected_len;
static int ep;
static struct conn *conns;
static float *latency;
static long begun, done, failures, most = 1000000;
static char first_error[128];

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void end(struct conn *c, const char *what, int err)
{
	if (what) {
		failures++;
		if (!first_error[0])
			snprintf(first_error, sizeof first_error, "%s%s%s", what, err ? ": " : "", err ? strerror(err) : "");
	} else {
		latency[done++] = (float)(now() - c->start);
	}
	close(c->fd);
	c->fd = -1;
}

/* Sends the request; a connection that is not yet established says EAGAIN. */
static void put(struct conn *c)
{
	ssize_t n = send(c->fd, request, request_len, MSG_NOSIGNAL);
	if (n == (ssize_t)request_len) {
		struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP, .data.u32 = (unsigned)(c - conns) };
		if (c->sent == 0)
			epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
		else
			epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
		c->sent = 1;
	} else if (n < 0 && (errno == EAGAIN || errno == ENOTCONN) && c->sent == 0) {
		struct epoll_event e = { .events = EPOLLOUT, .data.u32 = (unsigned)(c - conns) };
		epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
		c->sent = -1;
	} else if (n < 0 && errno != EAGAIN) {
		end(c, "send", errno);
	} else {
		end(c, "send: partial", 0);
	}
}

static void begin(struct conn *c)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	int low = (int)expected_len + 1;

	begun++;
	c->start = now();
	c->got = 0;
	c->sent = 0;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0) {
		end(c, "socket", errno);
		return;
	}
	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low);
	if (connect(c->fd, (struct sockaddr *)&target, sizeof target) < 0 && errno != EINPROGRESS) {
		end(c, "connect", errno);
		return;
	}
	put(c);
}

static void take(struct conn *c)
{
	for (;;) {
		ssize_t n = recv(c->fd, c->reply + c->got, sizeof c->reply - c->got, 0);
		if (n < 0) {
			if (errno != EAGAIN)
				end(c, "read", errno);
			return;
		}
		if (n == 0)
			break;
		c->got += (size_t)n;
		if (c->got == sizeof c->reply) {
			end(c, "reply too long", 0);
			return;
		}
	}
	if (c->got != expected_len || memcmp(c->reply, expected, expected_len)) {
		char what[96];
		snprintf(what, sizeof what, "wrong reply of %zu bytes", c->got);
		end(c, what, 0);
		return;
	}
	end(c, NULL, 0);
}

static int ascending(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

static double quantile(double q)
{
	return done ? latency[(long)((double)(done - 1) * q)] : 0;
}

int main(int argc, char **argv)
{
	int clients = 1, port = 0, opt;
	double seconds = 1;

	while ((opt = getopt(argc, argv, "p:c:s:n:q:e:")) != -1)
		switch (opt) {
		case 'p': port = atoi(optarg); break;
		case 'c': clients = atoi(optarg); break;
		case 's': seconds = atof(optarg); break;
		case 'n': most = atol(optarg); break;
		case 'q': snprintf(request, sizeof request, "%s\n", optarg); break;
		case 'e': expected = optarg; break;
		default: return 2;
		}
	if (port < 1 || clients < 1 || most < 1)
		return 2;
	request_len = strlen(request);
	expected_len = strlen(expected);
	target.sin_family = AF_INET;
	target.sin_port = htons((unsigned short)port);
	target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	conns = calloc((size_t)clients, sizeof *conns);
	latency = calloc((size_t)most, sizeof *latency);
	struct epoll_event *events = calloc((size_t)clients, sizeof *events);
	ep = epoll_create1(EPOLL_CLOEXEC);
	if (!conns || !latency || !events || ep < 0)
		return 1;

	double start = now(), stop = start + seconds * 1e6, last = start, swept = start;
	for (int i = 0; i < clients; i++)
		conns[i].fd = -1;
	for (;;) {
		int alive = 0, open = now() < stop && failures < MOST_FAILURES;
		for (int i = 0; i < clients; i++) {
			if (conns[i].fd < 0 && open && begun < most)
				begin(&conns[i]);
			alive += conns[i].fd >= 0;
		}
		if (!alive) {
			if (open && begun < most) {
				/* All failed at once: no busy loop. */
				usleep(1000);
				continue;
			}
			break;
		}
		int n = epoll_wait(ep, events, clients, 100);
		for (int i = 0; i < n; i++) {
			struct conn *c = &conns[events[i].data.u32];
			if (c->sent < 0)
				put(c);
			else
				take(c);
			/* The next one starts at once: the others of this
			 * batch would otherwise delay it. */
			if (c->fd < 0 && begun < most && failures < MOST_FAILURES && now() < stop)
				begin(c);
		}
		last = now();
		if (last - swept > 1e6) {
			swept = last;
			for (int i = 0; i < clients; i++)
				if (conns[i].fd >= 0 && last - conns[i].start > TIMEOUT)
					end(&conns[i], "timed out", 0);
		}
	}
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	qsort(latency, (size_t)done, sizeof *latency, ascending);
	printf("connections=%ld failures=%ld elapsed=%.0f p50=%.1f p99=%.1f max=%.1f cpu=%ld error=%s\n",
		done, failures, last - start, quantile(0.50), quantile(0.99), quantile(1),
		(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000L + used.ru_utime.tv_usec + used.ru_stime.tv_usec,
		first_error);
	return 0;
}
