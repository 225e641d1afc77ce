#include "go_asm.h"
#include "textflag.h"

#define SYS_rt_sigprocmask 14
#define SYS_getpid 39
#define SYS_exit_group 231
#define SIG_SETMASK 2

// func spawn(l *launch)
//
// The child returns from the clone on the parent's own stack, so it must neither
// push nor call. R12 holds the launch and R13 the step; SYSCALL overwrites only
// AX, CX and R11. The signals of launch.blocked are blocked from before the clone
// until a step of the plan sets the mask of the program.
TEXT ·spawn(SB),NOSPLIT,$0-8
	MOVQ	l+0(FP), R12
	MOVQ	launch_blocked(R12), AX
	TESTQ	AX, AX
	JZ	clone
	MOVQ	$SYS_rt_sigprocmask, AX
	MOVQ	$SIG_SETMASK, DI
	LEAQ	launch_blocked(R12), SI
	LEAQ	launch_before(R12), DX
	MOVQ	$8, R10
	SYSCALL

clone:
	MOVQ	launch_nr(R12), AX
	MOVQ	launch_args(R12), DI
	MOVQ	(launch_args+8)(R12), SI
	XORQ	DX, DX
	XORQ	R10, R10
	XORQ	R8, R8
	SYSCALL
	TESTQ	AX, AX
	JZ	child

	MOVQ	AX, launch_pid(R12)
	MOVQ	launch_blocked(R12), AX
	TESTQ	AX, AX
	JZ	done
	MOVQ	$SYS_rt_sigprocmask, AX
	MOVQ	$SIG_SETMASK, DI
	LEAQ	launch_before(R12), SI
	XORQ	DX, DX
	MOVQ	$8, R10
	SYSCALL

done:
	RET

child:
	MOVQ	launch_first(R12), R13

walk:
	MOVQ	step_nr(R13), AX
	TESTQ	AX, AX
	JLT	operation
	MOVQ	(step_args+0)(R13), DI
	MOVQ	(step_args+8)(R13), SI
	MOVQ	(step_args+16)(R13), DX
	MOVQ	(step_args+24)(R13), R10
	MOVQ	(step_args+32)(R13), R8
	MOVQ	(step_args+40)(R13), R9
	SYSCALL
	CMPQ	AX, $0xfffffffffffff001
	JHI	failed
	MOVQ	step_save(R13), BX
	TESTQ	BX, BX
	JZ	next
	MOVQ	AX, (R13)(BX*1)

next:
	ADDQ	$step__size, R13
	JMP	walk

failed:
	NEGQ	AX

error:
	CMPQ	AX, step_forgive(R13)
	JEQ	next
	CMPQ	AX, step_forgive2(R13)
	JEQ	next
	CMPQ	step_forgive(R13), $-1
	JEQ	next
	MOVQ	AX, launch_errno(R12)
	MOVQ	R13, launch_failed(R12)
	MOVQ	step_status(R13), DI

exit:
	MOVQ	$SYS_exit_group, AX
	SYSCALL
	JMP	exit

operation:
	CMPQ	AX, $const_opPID
	JEQ	pid
	MOVQ	step_args(R13), AX
	JMP	error

pid:
	MOVQ	$SYS_getpid, AX
	SYSCALL
	MOVQ	step_args(R13), DI
	MOVQ	$1000000000, CX
	MOVQ	$10, R10
	XORQ	R8, R8 // not zero once a digit was written

digit:
	XORQ	DX, DX
	DIVQ	CX // AX: the digit, DX: the rest
	MOVQ	DX, R9
	ORQ	AX, R8
	TESTQ	R8, R8
	JZ	skip
	ADDQ	$48, AX
	MOVB	AX, (DI)
	INCQ	DI

skip:
	MOVQ	CX, AX
	XORQ	DX, DX
	DIVQ	R10
	MOVQ	AX, CX
	MOVQ	R9, AX
	TESTQ	CX, CX
	JNZ	digit
	MOVB	$0, (DI)
	JMP	next
