package manager

// walkUnits are services of every kind that the state machines tell apart.
var walkUnits = map[string]string{
	"echo.socket":     "[Socket]\nListenStream=1\nAccept=yes\nMaxConnections=5\nMaxConnectionsPerSource=3\nTriggerLimitBurst=20\nTriggerLimitIntervalSec=1s\n",
	"echo@.service":   "[Service]\nExecStart=/e\nStandardInput=socket\n",
	"full.socket":     "[Socket]\nListenStream=2\nAccept=yes\nExecStartPre=/a\nExecStartPost=-/b\nExecStopPre=/c\nExecStopPost=/d\nTimeoutSec=5s\n",
	"full@.service":   "[Unit]\nCollectMode=inactive-or-failed\n[Service]\nExecStartPre=/a\nExecStart=/e\nExecStartPost=/p\nExecStop=/s\nExecStopPost=/t\nRestart=on-failure\nTimeoutStopSec=3s\n",
	"web.socket":      "[Socket]\nListenStream=3\nTriggerLimitBurst=3\nFlushPending=yes\n",
	"web2.socket":     "[Socket]\nListenDatagram=4\nService=web.service\n",
	"web.service":     "[Unit]\nStartLimitBurst=4\nStartLimitIntervalSec=10s\n[Service]\nExecStart=/w\nRestart=on-failure\nRestartSec=1s\n",
	"one.service":     "[Service]\nType=oneshot\nExecStart=/1\nExecStart=-/2\nExecStart=/3\nRemainAfterExit=yes\nExecStop=/x\n",
	"cond.service":    "[Unit]\nWants=one.service\nAfter=one.service\n[Service]\nType=exec\nExecCondition=/c\nExecStart=/e\nRuntimeMaxSec=30s\nKillMode=mixed\n",
	"odd.service":     "[Unit]\nRequires=web.socket\nAfter=web.socket\n[Service]\nExecStart=/o\nKillMode=process\nSendSIGKILL=no\nRestart=always\nRestartSec=100ms\n",
	"none.service":    "[Service]\nExecStart=/n\nKillMode=none\nExecStop=/x\nExecStopPost=/y\nSockets=web2.socket\n",
	"loop.service":    "[Unit]\nAfter=ring.service\nWants=ring.service\n[Service]\nExecStart=/l\nExecStartPre=/p\nKillMode=mixed\nRestart=always\n",
	"ring.service":    "[Unit]\nAfter=loop.service\nRequires=one.service\n[Service]\nType=oneshot\nRestart=on-failure\nExecStart=/r\n",
	"fail.socket":     "[Socket]\nListenStream=5\nAccept=yes\nTriggerLimitBurst=3\nExecStopPre=/p\n[X-Wakesock]\nTriggerLimitAction=fail\n",
	"fail@.service":   "[Unit]\nRequires=one.service\nAfter=one.service\nStartLimitBurst=2\n[Service]\nExecStart=/f\nRestart=always\nRestartSec=10ms\n",
	"notify.service":  "[Service]\nType=notify\nNotifyAccess=all\nExecStart=/n\nExecStartPost=/p\nWatchdogSec=2s\nTimeoutAbortSec=1s\nRestart=on-failure\nFileDescriptorStoreMax=3\n",
	"fork.service":    "[Service]\nType=forking\nExecStart=/f\nExecReload=/r\nNotifyAccess=all\nTimeoutStartFailureMode=abort\nTimeoutStopFailureMode=abort\n",
	"forkpid.service": "[Service]\nType=forking\nPIDFile=/run/f.pid\nExecStart=/f\nExecStartPost=/p\nTimeoutStartSec=3s\nTimeoutStartFailureMode=kill\nRestart=always\nRestartSec=1s\nRestartSteps=3\nRestartMaxDelaySec=9s\n",
	"reload.service":  "[Service]\nType=notify-reload\nExecStart=/n\nExecReload=/r\nExecReloadPost=/p\nNotifyAccess=all\nFileDescriptorStoreMax=2\nFileDescriptorStorePreserve=yes\nRuntimeMaxSec=20s\nRuntimeRandomizedExtraSec=5s\n",
	"idle.service":    "[Service]\nType=idle\nExecStart=/i\nExecStartPost=/p\nRestart=always\nRestartMode=direct\n",
	"group.service":   "[Service]\nExitType=cgroup\nExecStart=/g\nRemainAfterExit=yes\nOOMPolicy=kill\n",
	"all.target":      "[Unit]\nWants=echo.socket full.socket fail.socket notify.service fork.service idle.service group.service web.socket web2.socket one.service cond.service none.service loop.service\n",
}
