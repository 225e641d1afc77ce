package ctl

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"wakesock/internal/demo"
)

// addDemo is `wakesock demo`.
func (a *App) addDemo(c *cobra.Command) {
	o := demo.Options{}
	c.Flags().StringVar(&o.Store, "store", "", "keep what is received in this folder")
	c.Flags().StringVar(&o.Host, "host", "127.0.0.1", "address to listen on")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find this program: %w", err)
		}
		o.Binary, o.Out, o.Control = self, a.Out, a.flags.control
		o.Manager = func(ctx context.Context, at demo.Paths, units []string, ready func()) error {
			up := false
			code, err := a.Manager(ctx, RunOptions{
				Units: units, UnitPath: []string{at.Units}, Control: at.Control, StateDir: at.State, User: a.userMode(), Quiet: a.flags.quiet,
				Must: true, Ready: func() { up = true; ready() },
			})
			switch {
			case err != nil || code == 0:
				return err
			case !up: // Must: one of the sockets could not be started
				return demo.ErrListen
			}
			return exit(code)
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return demo.Run(ctx, o)
	}
}

// addDemoService is the hidden verb that the demo's units run.
func (a *App) addDemoService(root *cobra.Command) {
	root.AddCommand(&cobra.Command{
		Use: "demo-service KIND [DIR]", Hidden: true, Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			if code := demo.Service(args, a.In, a.Out, a.Err); code != 0 {
				return exit(code)
			}
			return nil
		},
	})
}
