#!/bin/sh
echo "$* result=${SERVICE_RESULT:-} code=${EXIT_CODE:-} status=${EXIT_STATUS:-} main=${MAINPID:+set}" >>/srv/work/log
