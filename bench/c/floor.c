/*
 * floor ACCEPTORS PORT PROGRAM [ARG...]: what the kernel itself costs.
 *
 * Nothing but accept4, vfork, dup2, execv and waitpid, in ACCEPTORS processes
 * that share one listening socket on 127.0.0.1. It has no limits, no log, no
 * names and no way to stop a service: the least that any server of one process
 * per connection has to do.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

static void serve(int listener, char **argv)
{
	for (;;) {
		int conn = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (conn < 0) {
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			perror("accept4");
			exit(1);
		}
		pid_t child = vfork();
		if (child == 0) {
			/* dup2 clears close-on-exec in the copy; standard
			 * error stays that of the server. */
			dup2(conn, 0);
			dup2(conn, 1);
			execv(argv[0], argv);
			_exit(127);
		}
		if (child < 0)
			perror("vfork");
		close(conn);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: floor ACCEPTORS PORT PROGRAM [ARG...]\n");
		return 2;
	}
	int acceptors = atoi(argv[1]), one = 1;
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons((unsigned short)atoi(argv[2])),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 4096) < 0) {
		perror("listen");
		return 1;
	}
	for (int i = 1; i < acceptors; i++) {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve(listener, argv + 3);
		}
	}
	serve(listener, argv + 3);
}
