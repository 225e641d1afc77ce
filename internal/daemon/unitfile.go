package daemon

import (
	"os"
	"path"

	"wakesock/internal/builtin"
	"wakesock/internal/control"
	"wakesock/internal/enable"
	"wakesock/internal/manager"
)

// unitFileStates returns what tells the state of a unit's file and what the
// presets want, in the words of systemctl; both are "" without a file. It reads
// folders and is not for the loop.
func (d *Daemon) unitFileStates() func(s *manager.Snapshot) (state, preset string) {
	search := append(append([]string{d.transients.units}, d.options.UnitPath...), builtin.Dir)
	paths := enable.Layout(search, d.options.User, os.Getenv("XDG_RUNTIME_DIR"))
	files := enable.Open(rootFS(), paths, d.options.Host)
	return func(s *manager.Snapshot) (string, string) {
		if s.Def.Fragment == "" {
			return "", ""
		}
		state, err := files.State(string(s.Name))
		if err != nil {
			state = enable.Bad
		}
		return string(state), files.PresetWord(path.Base(s.Def.Fragment))
	}
}

// addUnitFiles fills in the properties that unitFileStates and the files tell.
func (d *Daemon) addUnitFiles(rows []control.Properties, units []manager.Snapshot) {
	states := d.unitFileStates()
	for i := range units {
		state, preset := states(&units[i])
		for k := range rows[i].Properties {
			switch p := &rows[i].Properties[k]; p.Name {
			case "UnitFileState":
				p.Value = state
			case "UnitFilePreset":
				p.Value = preset
			case "NeedDaemonReload":
				p.Value = yes(d.library.ages.stale(units[i].Def))
			}
		}
	}
}

// describeUnitFiles does the same for status.
func (d *Daemon) describeUnitFiles(rows []control.Status, units []manager.Snapshot) {
	states := d.unitFileStates()
	for i := range units {
		state, preset := states(&units[i])
		if !enable.State(state).HasPreset() {
			preset = ""
		}
		rows[i].UnitFile, rows[i].Preset = state, preset
	}
}
