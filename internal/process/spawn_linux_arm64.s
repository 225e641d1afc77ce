#include "go_asm.h"
#include "textflag.h"

#define SYS_exit_group 94
#define SYS_rt_sigprocmask 135
#define SYS_getpid 172
#define SIG_SETMASK 2

// func spawn(l *launch)
//
// As on amd64. R19 holds the launch and R20 the step; SVC changes R0 only.
TEXT ·spawn(SB),NOSPLIT|NOFRAME,$0-8
	MOVD	l+0(FP), R19
	MOVD	launch_blocked(R19), R0
	CBZ	R0, clone
	MOVD	$SIG_SETMASK, R0
	ADD	$launch_blocked, R19, R1
	ADD	$launch_before, R19, R2
	MOVD	$8, R3
	MOVD	$SYS_rt_sigprocmask, R8
	SVC

clone:
	MOVD	launch_args(R19), R0
	MOVD	(launch_args+8)(R19), R1
	MOVD	ZR, R2
	MOVD	ZR, R3
	MOVD	ZR, R4
	MOVD	launch_nr(R19), R8
	SVC
	CBZ	R0, child

	MOVD	R0, launch_pid(R19)
	MOVD	launch_blocked(R19), R0
	CBZ	R0, done
	MOVD	$SIG_SETMASK, R0
	ADD	$launch_before, R19, R1
	MOVD	ZR, R2
	MOVD	$8, R3
	MOVD	$SYS_rt_sigprocmask, R8
	SVC

done:
	RET

child:
	MOVD	launch_first(R19), R20

walk:
	MOVD	step_nr(R20), R8
	TBNZ	$63, R8, operation
	MOVD	(step_args+0)(R20), R0
	MOVD	(step_args+8)(R20), R1
	MOVD	(step_args+16)(R20), R2
	MOVD	(step_args+24)(R20), R3
	MOVD	(step_args+32)(R20), R4
	MOVD	(step_args+40)(R20), R5
	SVC
	CMN	$4095, R0
	BCS	failed
	MOVD	step_save(R20), R9
	CBZ	R9, next
	MOVD	R0, (R20)(R9)

next:
	ADD	$step__size, R20
	B	walk

failed:
	NEG	R0, R0

error:
	MOVD	step_forgive(R20), R9
	CMP	R9, R0
	BEQ	next
	CMN	$1, R9
	BEQ	next
	MOVD	step_forgive2(R20), R9
	CMP	R9, R0
	BEQ	next
	MOVD	R0, launch_errno(R19)
	MOVD	R20, launch_failed(R19)
	MOVD	step_status(R20), R0

exit:
	MOVD	$SYS_exit_group, R8
	SVC
	B	exit

operation:
	CMP	$const_opPID, R8
	BEQ	pid
	MOVD	step_args(R20), R0
	B	error

pid:
	MOVD	$SYS_getpid, R8
	SVC
	MOVD	step_args(R20), R9
	MOVD	$1000000000, R10
	MOVD	$10, R14
	MOVD	ZR, R11 // not zero once a digit was written

digit:
	UDIV	R10, R0, R12
	MUL	R10, R12, R13
	SUB	R13, R0, R0
	ORR	R12, R11, R11
	CBZ	R11, skip
	ADD	$48, R12, R12
	MOVB	R12, (R9)
	ADD	$1, R9, R9

skip:
	UDIV	R14, R10, R10
	CBNZ	R10, digit
	MOVB	ZR, (R9)
	B	next
