package value

import "testing"

func TestLimit(t *testing.T) {
	for _, c := range []struct{ directive, in, soft, hard string }{
		{"LimitNOFILE", "10", "10", "10"},
		{"LimitNOFILE", "10:20", "10", "20"},
		{"LimitNOFILE", "5: 6", "5", "6"},
		{"LimitNOFILE", "infinity", "infinity", "infinity"},
		{"LimitNOFILE", "10:infinity", "10", "infinity"},
		{"LimitNOFILE", "0", "0", "0"},
		{"LimitNOFILE", "0x10", "16", "16"},
		{"LimitNOFILE", "010", "8", "8"},
		{"LimitCPU", "1", "1", "1"},
		{"LimitCPU", "1500ms", "2", "2"},
		{"LimitCPU", "1us", "1", "1"},
		{"LimitCPU", "1min:2h", "60", "7200"},
		{"LimitCPU", "infinity", "infinity", "infinity"},
		{"LimitRTTIME", "1", "1", "1"},
		{"LimitRTTIME", "5ms:1s", "5000", "1000000"},
		{"LimitRTTIME", "infinity", "infinity", "infinity"},
		{"LimitNICE", "5", "5", "5"},
		{"LimitNICE", "+5", "15", "15"},
		{"LimitNICE", "-5:-10", "25", "30"},
		{"LimitNICE", "-20", "40", "40"},
		{"LimitNICE", "+19", "1", "1"},
		{"LimitNICE", "-0", "20", "20"},
		{"LimitFSIZE", "1M:1G", "1048576", "1073741824"},
		{"LimitSTACK", "0.5M", "524288", "524288"},
		{"LimitMEMLOCK", "64K", "65536", "65536"},
		{"LimitMSGQUEUE", "1K", "1024", "1024"},
		{"LimitCORE", "0:infinity", "0", "infinity"},
		{"LimitRTPRIO", "5", "5", "5"},
	} {
		l, err := ParseLimit(c.directive, c.in)
		if err != nil || !l.Set || l.SoftString() != c.soft || l.HardString() != c.hard {
			t.Errorf("%s=%s: got %s and %s, %v; want %s and %s", c.directive, c.in, l.SoftString(), l.HardString(), err, c.soft, c.hard)
		}
	}
	for _, c := range [][2]string{
		{"LimitNOFILE", ""}, {"LimitNOFILE", "20:10"}, {"LimitNOFILE", "infinity:10"}, {"LimitNOFILE", "1K"}, {"LimitNOFILE", "-1"}, {"LimitNOFILE", ":5"},
		{"LimitNOFILE", "5:"}, {"LimitNOFILE", "10:20:30"}, {"LimitNOFILE", "5 :6"}, {"LimitNOFILE", "18446744073709551615"}, {"LimitCPU", "x"},
		{"LimitRTTIME", "1500ns"}, {"LimitNICE", "-21"}, {"LimitNICE", "+20"}, {"LimitNICE", "41"}, {"LimitNICE", "infinity"}, {"LimitNICE", "+x"},
		{"LimitFSIZE", "10%"}, {"LimitRTPRIO", "1K"}, {"LimitNPROC", "10K"}, {"LimitFOO", "1"},
	} {
		if l, err := ParseLimit(c[0], c[1]); err == nil || l.Set {
			t.Errorf("%s=%s: got %v", c[0], c[1], l)
		}
	}
	if got := (Limit{}).String(); got != "" {
		t.Error(got)
	}
}
